/** Every lane: its barrier as a drawing and in words, its sensors, and what can be done. */
import { css, html, nothing, svg } from 'lit';
import { act } from './api.js';
import { Part, look } from './base.js';
import { t } from './i18n.js';
import { clock, reasonText, verdictText } from './words.js';

const ANGLE = { closed: 0, closing: -25, opening: -50, open: -75, passing: -75, clearing: -75, held: -75, fire_open: -75, forced: -60, manual: -40, fault: -15 };
const BAD = new Set(['offline', 'fault', 'forced', 'fire_open']);
const SENSORS = ['up', 'down', 'safety', 'approach', 'manual'];

class Lanes extends Part {
  static properties = { lanes: { attribute: false }, verdict: { state: true } };

  static ticks = true;

  static styles = [look, css`
    section { display: grid; gap: 10px; padding: 10px 14px; }
    article { display: grid; grid-template-columns: 70px minmax(0, 1fr); gap: 4px 14px; align-items: center; }
    article + article { border-top: 1px solid var(--line); padding-top: 10px; }
    svg { width: 70px; height: 62px; }
    .arm { transition: transform .4s; }
    .name { font-weight: 700; } .state { font-weight: 700; color: var(--ok); } .state.bad { color: var(--bad); } .state.warn { color: var(--warn); } .state.idle { color: var(--text); }
    .sensors { display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: .84rem; color: var(--dim); }
    .on { color: var(--ok); } .on.safety, .on.manual { color: var(--warn); }
    .do { grid-column: 1 / -1; } .do button { flex: 1 1 auto; }
    .verdict { grid-column: 1 / -1; }
  `];

  render() {
    return html`<section class="panel" aria-label=${t('lanes.title')}>${this.lanes.map((lane) => this.one(lane))}</section>`;
  }

  one(lane) {
    const tone = BAD.has(lane.state) ? 'bad' : lane.state === 'manual' || lane.state === 'held' ? 'warn' : lane.state === 'closed' ? 'idle' : '';
    return html`<article aria-label=${lane.place || lane.name}>
      ${barrier(lane.state)}
      <div><span class="name">${lane.place || lane.name}</span> <span class="dim small">${direction(lane)}</span><br>
        <span class="state ${tone}">${t(`state.${lane.state}`)}${lane.hold_until_s ? ` · ${t('lanes.until', { at: clock(lane.hold_until_s) })}` : ''}</span>
        ${lane.fault ? html`<div class="small">${reasonText(lane.fault, 'fault')}</div>` : nothing}
      <div class="sensors">${SENSORS.filter((s) => lane.sensors[s] !== null && lane.sensors[s] !== undefined).map((s) => html`
          <span class="${lane.sensors[s] ? `on ${s}` : ''}">${lane.sensors[s] ? '●' : '○'} ${t(`sensor.${s}`)}</span>`)}</div></div>
      <div class="row do">
        <button @click=${() => this.say('target', { lane: lane.name, visit: null })}>${t('lanes.open')}</button>
        ${lane.state === 'held' ? html`<button @click=${() => this.send(lane, 'release')}>${t('lanes.release')}</button>`
          : html`<button class="plain" @click=${() => this.hold(lane)}>${t('lanes.hold')}</button>`}
        ${lane.fault ? html`<button class="bad" @click=${() => this.send(lane, 'reset')}>${t('lanes.reset')}</button>` : nothing}
      </div>
      ${this.said(lane)}
    </article>`;
  }

  /** Ten minutes for a removal van; the second tap within four seconds is the confirmation. */
  hold(lane) {
    const sure = this.asked === lane.name && Date.now() - this.askedMs < 4000;
    this.asked = lane.name;
    this.askedMs = Date.now();
    if (sure) this.send(lane, 'hold', { for_s: 600, reason: 'loading' });
    else this.verdict = { lane: lane.name, ask: true, at_ms: Date.now() };
  }

  async send(lane, what, body) {
    this.verdict = { ...(await act(`/v1/lanes/${lane.name}/${what}`, body)), lane: lane.name };
  }

  said(lane) {
    const v = this.verdict;
    if (v?.lane !== lane.name || Date.now() - v.at_ms > (v.ask ? 4000 : 10000)) return nothing;
    if (v.ask) return html`<p class="verdict wait" role="status">${t('lanes.hold_again')}</p>`;
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</p>`;
  }
}
customElements.define('mw-lanes', Lanes);

/** Which way, unless the place says so itself. */
function direction(lane) {
  const words = t(`direction.${lane.direction}`);
  return lane.place?.includes(words) ? '' : words;
}

/** The barrier seen from the car; the word beside it says the same. */
function barrier(state) {
  const angle = ANGLE[state];
  return html`<svg viewBox="0 -16 84 78" aria-hidden="true">
    <rect x="0" y="57" width="84" height="3" fill="var(--line)"></rect>
    ${angle === undefined ? svg`<text x="50" y="42" font-size="26" fill="var(--bad)">?</text>`
      : svg`<g class="arm" transform=${`rotate(${angle} 14 40)`}><line x1="14" y1="40" x2="80" y2="40" stroke="#fff" stroke-width="6"></line>
        <line x1="20" y1="40" x2="80" y2="40" stroke="var(--bad)" stroke-width="6" stroke-dasharray="9 9"></line></g>`}
    <rect x="6" y="32" width="16" height="26" rx="3" fill=${BAD.has(state) ? 'var(--bad)' : 'var(--accent)'}></rect>
  </svg>`;
}
