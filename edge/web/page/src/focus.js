/** The large card: the vehicle that waits for the guard, or a lane to be opened by hand, or the last passage. */
import { css, html, nothing } from 'lit';
import { act } from './api.js';
import { Part, look } from './base.js';
import { t } from './i18n.js';
import { ago, clock, nameOf, reasonText, sureness, verdictText } from './words.js';
import './hold-button.js';
import './reasons.js';

const OPEN_REASONS = ['visitor', 'courier', 'taxi', 'resident', 'emergency'];
const REFUSE_REASONS = ['not_expected', 'host_declined', 'suspicious'];

class Focus extends Part {
  static properties = {
    state: { attribute: false }, target: { attribute: false }, verdict: { state: true }, reason: { state: true },
    refusing: { state: true }, busy: { state: true },
  };

  static ticks = true;

  static styles = [look, css`
    :host { display: flex; min-height: 0; }
    section { flex: 1; display: flex; flex-direction: column; gap: 12px; min-width: 0; min-height: 0; }
    .waiting { border-color: var(--warn); box-shadow: inset 6px 0 0 var(--warn); padding-left: 22px; }
    .place { font-size: 1.6rem; font-weight: 700; }
    .body { flex: 1 1 0; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) minmax(230px, 34%); gap: 14px; }
    .picture { background: #000; border: 0; border-radius: 10px; padding: 0; min-height: 0; width: 100%; height: 100%; overflow: hidden; }
    .picture img { display: block; width: 100%; height: 100%; object-fit: contain; }
    .none { display: grid; place-items: center; color: var(--dim); background: var(--bg); border-radius: 10px; min-height: 140px; text-align: center; padding: 20px; }
    .facts { display: flex; flex-direction: column; gap: 10px; overflow: auto; }
    .plate { align-self: start; font-size: clamp(1.6rem, 2.9vw, 2.6rem); font-weight: 800; letter-spacing: .04em; line-height: 1.1; padding: 10px 14px; border-radius: 10px; border: 3px solid #fff; background: #175cd3; color: #fff; white-space: nowrap; }
    .plate.green { background: #2a9d5c; color: #06160d; border-color: #06160d; } .plate.yellow { background: #f2b705; color: #191300; border-color: #191300; }
    .plate.white { background: #f4f4f4; color: #111; border-color: #111; } .plate.black { background: #000; color: #fff; }
    .plate.unknown { background: #3a4553; }
    .why { font-size: 1.1rem; font-weight: 600; }
    .actions { display: grid; grid-template-columns: 1fr 200px; gap: 14px; }
    .actions button.bad { width: 100%; }
    table { border-collapse: collapse; } td { padding: 2px 14px 2px 0; }
    .others button { min-height: 44px; }
    @media (max-width: 640px) { .body { grid-template-columns: 1fr; grid-template-rows: minmax(200px, 1fr) auto; } .facts { flex-flow: row wrap; align-items: center; gap: 8px 18px; } .actions { grid-template-columns: 1fr 120px; } }
  `];

  willUpdate(changed) {
    const key = this.target ? `${this.target.lane}/${this.target.visit ?? ''}` : '';
    if (changed.has('target') && key !== this.lastKey) {
      this.lastKey = key;
      this.reason = '';
      this.refusing = false;
      this.renderRoot.querySelector('mw-reasons')?.reset();
    }
  }

  get lane() {
    return this.state.lanes.find((lane) => lane.name === this.target?.lane);
  }

  get visitor() {
    return this.lane?.waiting.find((visitor) => visitor.visit === this.target.visit);
  }

  render() {
    const { lane, visitor } = this;
    if (!lane) return this.calm();
    return html`<section class="panel waiting" aria-label=${t('focus.label')}>
      <div class="row"><div class="grow"><span class="place">${lane.place || lane.name}</span>
        <span class="dim"> ${!visitor ? t('focus.by_hand') : visitor.gone ? t('focus.gone') : t('focus.waiting', { ago: ago(visitor.since_s) })}</span></div>
        ${this.others()}
        ${visitor ? nothing : html`<button class="plain" @click=${() => this.say('target', null)}>${t('cancel')}</button>`}</div>
      ${visitor ? this.vehicle(visitor) : html`<div class="none">${t('focus.by_hand_help')}</div>`}
      ${this.refusing ? this.refusal(visitor) : this.opening(lane, visitor)}
      ${this.said()}
    </section>`;
  }

  others() {
    const all = this.state.lanes.flatMap((lane) => lane.waiting.map((v) => ({ lane, v })));
    if (all.length < (this.visitor ? 2 : 1)) return nothing;
    return html`<div class="row others" role="group" aria-label=${t('focus.others')}>${all.map(({ lane, v }) => html`
      <button aria-pressed=${String(v.visit === this.target.visit)} @click=${() => this.say('target', { lane: lane.name, visit: v.visit })}>
        ${v.text || t('focus.no_plate')}</button>`)}</div>`;
  }

  vehicle(v) {
    const sure = v.outcome === 'sure';
    return html`<div class="body">
      ${this.photo(v.picture, v.text)}
      <div class="facts" tabindex="0">
        <span class="plate ${v.color}">${v.text || t('focus.no_plate')}</span>
        <span><span class="tag ${sure ? 'ok' : 'warn'}">${sureness(v.outcome, v.confidence)} ${Math.round(v.confidence * 100)}%</span></span>
        <span class="why">${reasonText(v.reason)}</span>
        ${v.who ? html`<span>${v.who}</span>` : nothing}
        ${!sure && v.candidates.length > 1 ? html`<div><h2>${t('focus.candidates')}</h2><table>${v.candidates.slice(0, 3).map((c) => html`
          <tr><td><b>${c.text}</b></td><td class="dim">${Math.round(c.confidence * 100)}%</td><td class="dim">${t('focus.votes', { n: c.votes })}</td></tr>`)}</table></div>` : nothing}
      </div></div>`;
  }

  photo(sha, text) {
    if (!sha) return html`<div class="none">${t('focus.no_picture')}</div>`;
    return html`<button class="picture" aria-label=${t('enlarge')} @click=${() => this.say('enlarge', { sha, text })}>
      <img src="/v1/pictures/${sha}" alt=${t('focus.picture', { plate: text })}></button>`;
  }

  opening(lane, visitor) {
    return html`<mw-reasons .keys=${OPEN_REASONS} label=${t('focus.choose_reason')} @reason=${(e) => { this.reason = e.detail; }}></mw-reasons>
      <div class="actions">
        <mw-hold label=${t('focus.open')} hint=${this.reason ? t('focus.hold') : t('focus.reason_first')}
          ?disabled=${!this.reason || this.busy} @held=${() => this.send('open', { reason: this.reason, visit: visitor?.visit })}></mw-hold>
        ${visitor ? html`<button class="primary bad" ?disabled=${this.busy} @click=${() => { this.refusing = true; this.reason = ''; }}>${t('focus.refuse')}</button>` : nothing}
      </div>`;
  }

  refusal(visitor) {
    return html`<p class="why">${t('focus.refuse_why')}</p>
      <mw-reasons .keys=${REFUSE_REASONS} label=${t('focus.refuse_why')} @reason=${(e) => { this.reason = e.detail; }}></mw-reasons>
      <div class="actions">
        <button class="primary bad" ?disabled=${!this.reason || this.busy || !visitor} @click=${() => this.send('refuse', { reason: this.reason, visit: visitor.visit })}>${t('focus.refuse_now')}</button>
        <button class="primary" @click=${() => { this.refusing = false; this.reason = ''; }}>${t('cancel')}</button>
      </div>`;
  }

  async send(what, body) {
    const { lane } = this.target;
    this.busy = true;
    this.verdict = { pending: true };
    this.verdict = await act(`/v1/lanes/${lane}/${what}`, body);
    this.busy = false;
    if (this.verdict.ok && !body.visit) this.say('target', null);
    if (this.verdict.ok) {
      this.reason = '';
      this.refusing = false;
      this.renderRoot.querySelector('mw-reasons')?.reset();
    }
  }

  said() {
    const v = this.verdict;
    if (!v) return nothing;
    if (v.pending) return html`<p class="verdict wait" role="status">${t('verdict.wait')}</p>`;
    if (Date.now() - v.at_ms > 15000) return nothing;
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${v.ok ? '✓' : '✗'} ${verdictText(v)} · ${clock(v.at_ms / 1000)}</p>`;
  }

  calm() {
    const last = this.state.lanes.filter((lane) => lane.last).sort((a, b) => b.last.at_s - a.last.at_s)[0];
    return html`<section class="panel" aria-label=${t('focus.label')}>
      <div class="row"><span class="place grow">${t('focus.calm')}</span></div>
      ${last ? this.passage(last, last.last) : html`<div class="none grow">${t('focus.nothing_yet')}</div>`}
      ${this.said()}</section>`;
  }

  passage(lane, last) {
    const good = last.decision === 'granted' || last.decision === 'opened';
    return html`<div class="body">
      ${this.photo(last.picture, last.text)}
      <div class="facts" tabindex="0">
        <h2>${t('focus.last')} · ${lane.place || lane.name} · ${clock(last.at_s)}</h2>
        <span class="plate unknown">${last.text || t('focus.no_plate')}</span>
        <span><span class="tag ${good ? 'ok' : 'bad'}">${t(good ? 'passed' : 'turned_away')}</span></span>
        <span class="why">${[nameOf(last.who), reasonText(last.place)].filter(Boolean).join(' · ')}</span>
        <span>${reasonText(last.reason)}</span>
      </div></div>`;
  }
}
customElements.define('mw-focus', Focus);
