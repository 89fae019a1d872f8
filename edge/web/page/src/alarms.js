/** Open alarms, newest of the highest priority first: take, handled, false with a reason. */
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { act } from './api.js';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { ago, kindText, nameOf, placeOf, reasonText, verdictText } from './words.js';
import './reasons.js';

const FALSE_REASONS = ['test', 'animal', 'weather', 'mistake'];
const MARKS = { 1: 'stop', 2: 'warn', 3: 'info' };

class Alarms extends Part {
  static properties = { alarms: { attribute: false }, falseFor: { state: true }, note: { state: true }, verdict: { state: true } };

  static ticks = true;

  static styles = [look, css`
    :host { display: flex; min-height: 0; }
    section { flex: 1; overflow: auto; min-width: 0; }
    ul { list-style: none; margin: 8px 0 0; padding: 0; display: grid; gap: 8px; }
    li { border: 1px solid var(--line); border-left: 6px solid var(--dim); border-radius: 10px; padding: 8px 12px; background: var(--raised); }
    li.p1 { border-left-color: var(--bad); } li.p2 { border-left-color: var(--warn); }
    li.taken { background: transparent; }
    .what { font-weight: 700; } .p1 .what { color: var(--bad); font-size: 1.1rem; }
    .do button { min-height: 56px; } .do .take { min-height: 64px; }
    img { width: 84px; height: 56px; object-fit: cover; border-radius: 6px; display: block; } .thumb { padding: 0; border: 0; min-height: 0; background: none; }
    mw-reasons { margin: 8px 0; }
  `];

  render() {
    const order = [...this.alarms].sort((a, b) => a.priority - b.priority || b.opened_at_s - a.opened_at_s);
    const open = order.filter((a) => !a.acknowledged_by).length;
    return html`<section class="panel" aria-label=${t('alarms.title')}>
      <div class="row"><h2 class="grow">${t('alarms.title')} ${this.alarms.length ? `${open}/${this.alarms.length}` : ''}</h2>
        ${this.said()}</div>
      ${order.length ? html`<ul>${repeat(order, (a) => a.id, (a) => this.one(a))}</ul>` : html`<p class="dim">${t('alarms.none')}</p>`}
    </section>`;
  }

  one(a) {
    const state = [a.returned_at_s ? t('alarms.returned') : '', a.acknowledged_by ? t('alarms.taken', { name: nameOf(a.acknowledged_by) }) : ''].filter(Boolean);
    return html`<li class="p${a.priority} ${a.acknowledged_by ? 'taken' : ''}">
      <div class="row" role=${a.priority === 1 && !a.acknowledged_by ? 'alert' : nothing}>
        ${a.picture ? html`<button class="thumb" aria-label=${t('enlarge')} @click=${() => this.say('enlarge', { sha: a.picture, text: kindText(a.kind) })}><img src="/v1/pictures/${a.picture}" alt="" loading="lazy"></button>` : nothing}
        <div class="grow"><span class="what">${icon(MARKS[a.priority] ?? 'info')} ${t(`priority.${a.priority}`)} · ${kindText(a.kind)}</span>
          <span class="dim small"> ${a.place || placeOf(a.source) || a.source} · ${ago(a.opened_at_s)}${a.count > 1 ? ` · ×${a.count}` : ''}</span>
          ${a.detail ? html`<div class="small">${reasonText(a.detail, 'fault')}</div>` : nothing}
          ${state.map((text) => html`<span class="tag small">${text}</span> `)}</div>
        <div class="row do">
          ${a.acknowledged_by ? nothing : html`<button class="take good" @click=${() => this.send(a, 'acknowledge')}>${t('alarms.take')}</button>`}
          <button @click=${() => this.send(a, 'close', { outcome: 'handled' })}>${t('alarms.handled')}</button>
          <button aria-expanded=${String(this.falseFor === a.id)} @click=${() => { this.falseFor = this.falseFor === a.id ? '' : a.id; this.note = ''; }}>${t('alarms.false')}</button>
        </div></div>
      ${this.falseFor === a.id ? html`<mw-reasons .keys=${FALSE_REASONS} label=${t('alarms.false_why')} @reason=${(e) => { this.note = e.detail; }}></mw-reasons>
        <button class="bad" ?disabled=${!this.note} @click=${() => this.send(a, 'close', { outcome: 'false', note: this.note })}>${t('alarms.false_now')}</button>` : nothing}
    </li>`;
  }

  async send(alarm, what, body = {}) {
    this.verdict = await act(`/v1/alarms/${encodeURIComponent(alarm.id)}/${what}`, body);
    if (this.verdict.ok) this.falseFor = '';
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 8000) return nothing;
    return html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>`;
  }
}
customElements.define('mw-alarms', Alarms);
