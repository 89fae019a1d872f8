/** The large card of one door: unlock by hand, with a reason and a hold. */
import { css, html, nothing } from 'lit';
import { act } from './api.js';
import { Part, look } from './base.js';
import { t } from './i18n.js';
import { doorText, doorTone, leaf, troubles } from './doors.js';
import { clock, verdictText } from './words.js';
import './hold-button.js';
import './reasons.js';

const REASONS = ['visitor', 'courier', 'resident', 'forgot_card', 'maintenance', 'emergency'];

class DoorCard extends Part {
  static properties = { door: { attribute: false }, waiting: { type: Number }, reason: { state: true }, busy: { state: true }, verdict: { state: true } };

  static ticks = true;

  static styles = [look, css`
    :host { display: flex; min-height: 0; }
    section { flex: 1; display: flex; flex-direction: column; gap: 14px; min-width: 0; border-color: var(--warn); box-shadow: inset 6px 0 0 var(--warn); padding-left: 22px; }
    .place { font-size: 1.6rem; font-weight: 700; }
    .facts { flex: 1; display: flex; gap: 20px; align-items: center; min-height: 90px; }
    .door { width: 96px; height: 120px; flex: none; } .state { font-size: 1.3rem; font-weight: 700; } .state.bad { color: var(--bad); } .state.warn { color: var(--warn); }
    @media (max-height: 640px) { .door { width: 56px; height: 70px; } }
  `];

  willUpdate(changed) {
    if (!changed.has('door') || changed.get('door')?.name === this.door.name) return;
    this.reason = '';
    this.verdict = null;
    this.renderRoot.querySelector('mw-reasons')?.reset();
  }

  render() {
    const { door } = this;
    return html`<section class="panel" aria-label=${t('focus.label')}>
      <div class="row"><div class="grow"><span class="place">${door.place || door.name}</span> <span class="dim">${t('doors.by_hand')}</span></div>
        ${this.waiting ? html`<button class="good" @click=${() => this.say('target', null)}>${t('focus.others')} ${this.waiting}</button>` : nothing}
        <button class="plain" @click=${() => this.say('target', null)}>${t('cancel')}</button></div>
      <div class="facts">${leaf(door)}<div><div class="state ${doorTone(door)}">${doorText(door)}</div>
        ${troubles(door).map((text) => html`<div>${text}</div>`)}<p class="dim">${t('doors.help')}</p></div></div>
      <mw-reasons .keys=${REASONS} label=${t('focus.choose_reason')} @reason=${(e) => { this.reason = e.detail; }}></mw-reasons>
      <mw-hold label=${t('doors.unlock_now')} hint=${this.reason ? t('focus.hold') : t('focus.reason_first')}
        ?disabled=${!this.reason || this.busy} @held=${this.send}></mw-hold>
      ${this.said()}</section>`;
  }

  async send() {
    this.busy = true;
    this.verdict = { pending: true };
    this.verdict = await act(`/v1/doors/${encodeURIComponent(this.door.name)}/unlock`, { reason: this.reason });
    this.busy = false;
    if (!this.verdict.ok) return;
    this.reason = '';
    this.renderRoot.querySelector('mw-reasons')?.reset();
  }

  said() {
    const v = this.verdict;
    if (!v) return nothing;
    if (v.pending) return html`<p class="verdict wait" role="status">${t('verdict.wait')}</p>`;
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${v.ok ? '✓' : '✗'} ${verdictText(v)} · ${clock(v.at_ms / 1000)}</p>`;
  }
}
customElements.define('mw-door-card', DoorCard);
