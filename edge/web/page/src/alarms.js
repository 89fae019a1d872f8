/** Open alarms, the newest of the highest priority first; what was set aside and who must be called back below. */
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { act } from './api.js';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { kindText, verdictText } from './words.js';
import './alarm-card.js';

/** More cards than this nobody reads; the rest is told by kind and count, urgent ones are never among it unless there are so many. */
const CARDS_MAX = 40;

class Alarms extends Part {
  static properties = { state: { attribute: false }, me: {}, verdict: { state: true } };

  static styles = [look, css`
    :host { display: flex; min-height: 0; }
    section { flex: 1; overflow: auto; min-width: 0; }
    ul { list-style: none; margin: 8px 0 0; padding: 0; display: grid; gap: 8px; }
    .flood { background: var(--bad-deep); border-radius: 8px; padding: 8px 14px; font-weight: 700; margin-top: 8px; }
    .back { border: 1px dashed var(--line); border-radius: 10px; padding: 6px 12px; }
  `];

  render() {
    const { alarms, call_backs: backs = [], flood } = this.state;
    const rank = (a) => (a.shelved ? 10 : 0) + (a.drill ? 5 : 0) + a.priority;
    const order = [...alarms].sort((a, b) => rank(a) - rank(b) || b.opened_at_s - a.opened_at_s);
    const open = order.filter((a) => !a.acknowledged_by && !a.shelved).length;
    return html`<section class="panel" aria-label=${t('alarms.title')}>
      <div class="row"><h2 class="grow">${t('alarms.title')} ${alarms.length ? `${open}/${alarms.length}` : ''}</h2>${this.said()}</div>
      ${flood?.active ? html`<div class="flood" role="status">${icon('warn')} ${t('alarms.flood', { n: flood.alarms })}</div>` : nothing}
      ${order.length ? html`<ul>${repeat(order.slice(0, CARDS_MAX), (a) => a.id, (a) => html`<li><mw-alarm-card .alarm=${a} .cameras=${this.state.cameras} ?first=${a === order[0]} .at=${this.state.now_s} me=${this.me}></mw-alarm-card></li>`)}</ul>` : html`<p class="dim">${t('alarms.none')}</p>`}
      ${order.length > CARDS_MAX ? this.rest(order.slice(CARDS_MAX)) : nothing}
      ${backs.length ? html`<ul>${backs.map((back) => html`<li class="row back"><span class="grow">${t('alarms.call_back', { what: kindText(back.kind), where: back.place })}</span>
        <button @click=${() => this.called(back)}>${t('alarms.called_back')}</button></li>`)}</ul>` : nothing}
    </section>`;
  }

  rest(alarms) {
    const counts = new Map();
    for (const { kind } of alarms) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const kinds = [...counts].sort((a, b) => b[1] - a[1]).map(([kind, n]) => `${kindText(kind)} ×${n}`);
    return html`<p class="back" role="status">${t('alarms.rest', { n: alarms.length, kinds: kinds.join(' · ') })}</p>`;
  }

  async called(back) {
    this.verdict = await act(`/v1/alarms/${encodeURIComponent(back.alarm)}/call-back`, { note: '' });
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 8000) return nothing;
    return html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>`;
  }
}
customElements.define('mw-alarms', Alarms);
