/** 自检: begin a self-test, see each link answer, and whether messages reach the channels. */
import { css, html, nothing } from 'lit';
import { act } from './api.js';
import { linkText } from './bars.js';
import { Part, look, sheet } from './base.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { ago, nameOf, reasonText, verdictText } from './words.js';

class Chain extends Part {
  static properties = { state: { attribute: false }, verdict: { state: true } };

  static ticks = true;

  static styles = [look, sheet, css`article { display: grid; gap: 12px; margin-bottom: 12px; } ul { list-style: none; margin: 0; padding: 0; } li { border-top: 1px solid var(--line); padding: 10px 0; } .what { font-weight: 700; }`];

  render() {
    const { selftest, push = [] } = this.state;
    const { running, last, at } = selftest ?? {};
    return html`<article class="panel"><div class="row"><h2 class="grow">${t('selftest.title')}</h2>${this.said()}
        <button class="primary good" ?disabled=${Boolean(running)} @click=${async () => { this.verdict = await act('/v1/selftest'); }}>${t('selftest.begin')}</button></div>
      <p class="dim">${t('selftest.help')}${at ? ` ${t('selftest.at', { at })}` : ''}</p>
      ${running ? this.links(running.links) : last ? html`<p>${last.ok ? html`<span class="tag ok">${t('selftest.passed')}</span>` : html`<span class="tag bad">${icon('warn')} ${t('selftest.broken')}</span>`}
        <span class="dim"> ${ago(last.at_s)} · ${last.by === 'plan' ? t('selftest.plan') : nameOf(last.by)}</span></p>${this.links(last.links)}` : html`<p class="dim">${t('selftest.never')}</p>`}</article>
      ${push.length ? html`<article class="panel"><h2>${t('push.title')}</h2><ul>${push.map((one) => html`<li class="row"><span class="what grow">${one.name}</span>
        ${one.up ? html`<span class="tag ok">${t('push.works')}</span>` : html`<span class="tag bad">${icon('warn')} ${t('push.broken')} · ${reasonText(one.cause, 'fault')}</span>`}</li>`)}</ul></article>` : nothing}`;
  }

  links(links) {
    return html`<ul>${links.map((one) => html`<li class="row"><span class="what grow">${linkText(one.link)}</span>
      ${one.detail && !one.ok ? html`<span class="dim">${reasonText(one.detail, 'fault')}</span>` : nothing}
      ${one.ok === null ? html`<span class="tag">${t('selftest.waits', { s: one.within_s })}</span>`
    : one.ok ? html`<span class="tag ok">✓ ${t('selftest.after', { ms: Math.round(one.ms ?? 0) })}</span>`
      : html`<span class="tag bad">${icon('warn')} ${t('selftest.silent')}</span>`}</li>`)}</ul>`;
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 8000) return nothing;
    return html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>`;
  }
}
customElements.define('mw-chain', Chain);
