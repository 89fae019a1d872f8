/** The visitors' desk: issue a code for a host, show it once, list and revoke; goods slips beside it. */
import { css, html, nothing } from 'lit';
import { act, call } from './api.js';
import { View, look, sheet } from './base.js';
import { language, t } from './i18n.js';
import { fieldSeconds, localField, moment, nowS, seconds, verdictText } from './words.js';
import { gateName } from './register.js';
import { qrCode } from './qr.js';
import './slips.js';

const SPANS_S = { two: 7200, day: 0, three: 3 * 86400, own: null };
const USES = [1, 2, 10];

class Visitors extends View {
  static properties = {
    state: { attribute: false }, rank: {}, shown: { type: Boolean }, tab: { state: true }, codes: { state: true }, issued: { state: true }, span: { state: true },
    uses: { state: true }, gates: { state: true }, busy: { state: true }, error: { state: true }, verdict: { state: true }, sure: { state: true }, copied: { state: true },
  };

  static ticks = true;

  static styles = [look, sheet, css`
    .tabs button { min-height: 64px; min-width: 130px; }
    .two { display: grid; grid-template-columns: minmax(390px, 2fr) minmax(0, 3fr); grid-template-rows: minmax(0, 1fr); gap: 18px; flex: 1; min-height: 0; }
    .two > :first-child { overflow: auto; min-height: 0; }
    form { display: grid; gap: 12px; align-content: start; padding: 3px; } form .primary { width: 100%; }
    .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; }
    .code { border: 3px solid var(--ok); border-radius: 12px; padding: 14px 18px; display: grid; gap: 10px; }
    output { font-size: clamp(2.4rem, 5.2vw, 4rem); font-weight: 800; letter-spacing: .08em; font-variant-numeric: tabular-nums; line-height: 1.1; user-select: all; white-space: nowrap; }
    .qr { width: min(240px, 60%); background: #fff; border-radius: 6px; }
    .pair button { padding: 8px 10px; } .gone { color: var(--dim); } fieldset { border: 0; margin: 0; padding: 0; min-width: 0; } legend { color: var(--dim); font-size: .89rem; padding: 0; }
    @media (max-width: 900px) { .two { grid-template-columns: minmax(0, 1fr); overflow: auto; display: block; } .two > * + * { margin-top: 18px; } .two > .scroll, .two > :first-child { overflow: visible; } }
  `];

  constructor() {
    super();
    this.tab = 'codes';
    this.span = 'two';
    this.uses = 1;
    this.gates = [];
  }

  async load() {
    const reply = await this.newest('visitors', call('GET', '/v1/visitors'));
    if (!reply) return;
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
    if (reply.ok) this.codes = reply.data.visitors;
  }

  render() {
    return html`<section class="panel sheet" aria-label=${t('view.visitors')}>
      <header><h1>${t('view.visitors')}</h1><div class="row tabs" role="group" aria-label=${t('view.visitors')}>${['codes', 'slips'].map((tab) => html`
        <button aria-pressed=${String(this.tab === tab)} @click=${() => { this.tab = tab; }}>${t(`visitors.${tab}`)}</button>`)}</div></header>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}
      <div class="two" ?hidden=${this.tab !== 'codes'}><div>${this.issued ? this.once() : this.form()}${this.said()}</div>${this.list()}</div>
      ${this.tab === 'slips' ? html`<mw-slips class="scroll" .looking=${this.rank === 'issuer'}></mw-slips>` : nothing}</section>`;
  }

  form() {
    const gates = [...this.state.lanes.map((one) => one.name), ...(this.state.doors ?? []).map((one) => one.name)];
    return html`<form @submit=${this.issue} autocomplete="off">
      <div class="pair"><label><span>${t('visitors.host')}</span><input name="host" required maxlength="80"></label>
        <label><span>${t('visitors.visitor')}</span><input name="visitor" required maxlength="80"></label></div>
      <fieldset><legend>${t('visitors.window')}</legend><div class="chips">${Object.keys(SPANS_S).map((span) => this.chip(`visitors.span_${span}`, this.span === span, () => { this.span = span; }))}</div>
        ${this.span === 'own' ? html`<div class="pair"><label><span>${t('register.from')}</span><input name="from" type="datetime-local" required .defaultValue=${localField(nowS())}></label>
          <label><span>${t('register.until')}</span><input name="until" type="datetime-local" required .defaultValue=${localField(nowS() + 7200)}></label></div>` : nothing}</fieldset>
      <fieldset><legend>${t('visitors.uses')}</legend><div class="chips">${USES.map((n) => this.chip('visitors.times', this.uses === n, () => { this.uses = n; }, { n }))}</div></fieldset>
      <fieldset><legend>${t('visitors.gates')}</legend><div class="chips">${gates.map((gate) => this.chip('', this.gates.includes(gate), () => this.toggle(gate), {}, gateName(gate)))}</div></fieldset>
      <div class="pair"><label><span>${t('visitors.plate')}</span><input name="plate" maxlength="12"></label>
        <label><span>${t('visitors.phone')}</span><input name="phone" type="tel" inputmode="tel" maxlength="30"></label></div>
      <button class="primary good" ?disabled=${this.busy}>${t('visitors.issue')}</button></form>`;
  }

  chip(key, on, press, values, words) {
    return html`<button type="button" aria-pressed=${String(on)} @click=${press}>${words ?? t(key, values)}</button>`;
  }

  toggle(gate) {
    this.gates = this.gates.includes(gate) ? this.gates.filter((one) => one !== gate) : [...this.gates, gate];
  }

  async issue(event) {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const [from, until] = this.window(given);
    const body = { host: given.host.trim(), visitor: given.visitor.trim(), not_before: iso(from), not_after: iso(until), uses_allowed: this.uses, gates: this.gates };
    if (given.plate.trim()) body.plate = given.plate.trim();
    if (given.phone.trim()) body.phone = given.phone.trim();
    this.busy = true;
    const reply = await act('/v1/visitors', body);
    this.busy = false;
    this.verdict = reply.ok ? null : reply;
    if (!reply.ok) return;
    this.issued = { ...body, until, digits: reply.data.code };
    this.copied = false;
    this.gates = [];
    this.uses = 1;
    this.load();
  }

  /** A code begins a minute ago, so that a keypad's clock may lag a little. */
  window({ from, until }) {
    if (this.span === 'own') return [fieldSeconds(from), fieldSeconds(until)];
    const midnight = fieldSeconds(`${localField(nowS()).slice(0, 10)}T23:59`);
    return [nowS() - 60, SPANS_S[this.span] ? nowS() + SPANS_S[this.span] : midnight];
  }

  once() {
    const { issued } = this;
    const spaced = String(issued.digits).replace(/(?=(.{4})+$)/g, ' ').trim();
    return html`<div class="code" role="status"><div>${t('visitors.once', { visitor: issued.visitor, host: issued.host })}</div>
      <output>${spaced}</output>${issued.phone ? html`<div class="late">${t('visitors.phone_end')}</div>` : html`<svg class="qr" viewBox="0 0 29 29" role="img" aria-label=${t('visitors.qr')} shape-rendering="crispEdges">${qrCode(String(issued.digits))}</svg>`}<div>${t('visitors.until', { at: moment(issued.until), n: issued.uses_allowed })}${issued.plate ? ` · ${issued.plate}` : ''}</div>
      <div class="pair"><button class="primary" @click=${this.copy}>${t(this.copied ? 'visitors.copied' : 'visitors.copy')}</button>
        <button class="primary good" @click=${() => { this.issued = null; }}>${t('visitors.told')}</button></div></div>`;
  }

  /** navigator.clipboard needs HTTPS; selecting and the old command do not. */
  async copy() {
    const text = `${this.issued.digits}`;
    try {
      await navigator.clipboard.writeText(text);
      this.copied = true;
    } catch {
      getSelection().selectAllChildren(this.renderRoot.querySelector('output'));
      this.copied = document.execCommand('copy');
    }
  }

  list() {
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t('visitors.list')}>${!this.codes ? nothing : this.codes.length ? html`<table><thead><tr><th>${t('visitors.visitor')}</th><th>${t('visitors.window')}</th><th>${t('visitors.used')}</th><td></td></tr></thead>
      <tbody>${this.codes.map((one) => this.one(one))}</tbody></table>` : html`<p class="dim">${t('visitors.none')}</p>`}</div>`;
  }

  one(one) {
    const from = seconds(one.not_before); const until = seconds(one.not_after);
    const { uses_used: used, uses_allowed: allowed } = one;
    const dead = one.revoked ? 'revoked' : until < nowS() ? 'late' : used >= allowed ? 'spent' : '';
    return html`<tr class=${dead ? 'gone' : ''}><td><b>${one.visitor}</b><div class="small">${[one.host, one.plate].filter(Boolean).join(' · ')}</div>
        <div class="small dim">${one.gates.map(gateName).join(' · ')}</div></td>
      <td class="num">${moment(from)}<br>${moment(until)}</td><td class="num">${used}/${allowed}</td>
      <td>${dead ? t(`visitors.${dead}`) : html`<button class="bad" @click=${() => this.revoke(one)}>${t(this.sure === one.id ? 'visitors.revoke_again' : 'visitors.revoke')}</button>`}</td></tr>`;
  }

  async revoke(one) {
    if (this.sure !== one.id) {
      this.sure = one.id;
      setTimeout(() => { if (this.sure === one.id) this.sure = ''; }, 4000);
      return;
    }
    this.sure = '';
    this.verdict = await act(`/v1/visitors/${encodeURIComponent(one.id)}`, undefined, 'DELETE');
    this.load();
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 15000) return nothing;
    const field = v.data?.error?.fields?.[0];
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}${field ? ` · ${field.at}` : ''}</p>`;
  }
}
customElements.define('mw-visitors', Visitors);

const iso = (atS) => new Date(atS * 1000).toISOString();
