/** What happened, newest first: who, where and why in one sentence. */
import { css, html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { clock, isQuiet, sentence, tone } from './words.js';

/** `repeat` of lit 3.3 leaves a comment node behind for each line that goes: after so many the list is made anew. */
const ANEW_EVENTS = 500;

class Events extends Part {
  static properties = { events: { attribute: false }, all: { state: true } };

  static styles = [look, css`
    :host { display: flex; min-height: 0; }
    section { flex: 1; display: flex; flex-direction: column; min-width: 0; min-height: 0; }
    ol { list-style: none; margin: 8px 0 0; padding: 0; overflow: auto; flex: 1; }
    li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 10px; padding: 7px 0 7px 10px; border-top: 1px solid var(--line); border-left: 4px solid transparent; }
    li.ok { border-left-color: var(--ok); } li.warn { border-left-color: var(--warn); } li.bad { border-left-color: var(--bad); }
    time { color: var(--dim); font-variant-numeric: tabular-nums; font-size: .89rem; padding-top: 2px; }
    b { font-weight: 700; white-space: nowrap; } .what { overflow-wrap: anywhere; }
    img { width: 78px; height: 52px; object-fit: cover; border-radius: 6px; display: block; }
    .thumb { padding: 0; border: 0; min-height: 0; background: none; }
    .all { min-height: 44px; font-weight: 500; padding: 2px 12px; }
  `];

  render() {
    const shown = this.all ? this.events : this.events.filter((e) => !isQuiet(e));
    return html`<section class="panel" aria-label=${t('events.title')}>
      <div class="row"><h2 class="grow">${t('events.title')}</h2>
        <button class="all plain" aria-pressed=${String(!!this.all)} @click=${() => { this.all = !this.all; }}>${t('events.all')}</button></div>
      ${shown.length ? nothing : html`<p class="dim">${t('events.none')}</p>`}
      ${keyed(Math.floor((shown[0]?.seq ?? 0) / ANEW_EVENTS), html`<ol tabindex="0">${repeat(shown, (e) => e.seq, (e) => this.one(e))}</ol>`)}</section>`;
  }

  one(event) {
    const s = sentence(event);
    return html`<li class=${tone(event)}><time>${clock(event.at_s)}</time>
      <div class="what">${s.place ? html`<span class="dim">${s.place}</span> ` : ''}${s.plate ? html`<b>${s.plate}</b> ` : ''}${s.what}
        ${s.who ? html`<span> · ${s.who}</span>` : ''}
        ${s.details || s.actor ? html`<div class="small dim">${[s.details, s.actor].filter(Boolean).join(' · ')}</div>` : ''}</div>
      ${s.picture ? html`<button class="thumb" aria-label=${t('enlarge')} @click=${() => this.say('enlarge', { sha: s.picture, text: s.plate })}>
        <img src="/v1/pictures/${s.picture}" alt=${s.plate} loading="lazy"></button>` : s.face ? html`<button class="all plain" aria-label=${t('review.face')} @click=${() => this.say('enlarge', { sha: `${s.face}?opened=true`, text: s.what })}>${icon('face')}</button>` : ''}</li>`;
  }
}
customElements.define('mw-events', Events);
