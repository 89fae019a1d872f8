/** The register: who is inside, and every entry with its exit; search and export. */
import { css, html, nothing } from 'lit';
import { act, call } from './api.js';
import { View, look, sheet } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { ago, fieldSeconds, localField, moment, nowS, placeOf, verdictText } from './words.js';

const KINDS = ['', 'vehicle', 'person', 'visitor'];
const PAGE = 200;
const EXPORTERS = ['supervisor', 'admin', 'auditor'];

class Register extends View {
  static refreshes = 10000;

  static properties = {
    state: { attribute: false }, rank: {}, shown: { type: Boolean }, tab: { state: true }, inside: { state: true }, stays: { state: true }, total: { state: true },
    kind: { state: true }, error: { state: true }, busy: { state: true }, leaving: { state: true }, verdict: { state: true },
  };

  static ticks = true;

  static styles = [look, sheet, css`
    .count { font-size: 1.5rem; font-weight: 800; } .tile { padding: 4px 18px; }
    .tabs button { min-height: 64px; min-width: 130px; }
    form { display: grid; gap: 10px; } form .primary { width: 100%; }
    .open { color: var(--warn); font-weight: 700; }
    input.find { max-width: 340px; min-height: 56px; }
  `];

  constructor() {
    super();
    this.tab = 'inside';
    this.kind = '';
    this.text = '';
  }

  stale() {
    return this.tab === 'inside';
  }

  async load() {
    if (this.rank === 'auditor') { // who is inside now is the guards' business
      if (this.tab === 'inside') this.choose('stays');
      return;
    }
    const reply = await this.newest('inside', call('GET', '/v1/inside'));
    if (!reply) return;
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
    if (reply.ok) this.inside = reply.data.inside;
  }

  render() {
    return html`<section class="panel sheet" aria-label=${t('view.register')}>
      <header><h1>${t('view.register')}</h1>
        <div class="row tabs grow" role="group" aria-label=${t('view.register')}>${(this.rank === 'auditor' ? ['stays'] : ['inside', 'stays']).map((tab) => html`
          <button aria-pressed=${String(this.tab === tab)} @click=${() => this.choose(tab)}>${t(`register.${tab}`)}${tab === 'inside' && this.inside ? ` ${this.inside.length}` : ''}</button>`)}</div>
        ${this.exports()}</header>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}${this.said()}
      ${this.tab === 'inside' ? this.people() : this.search()}</section>`;
  }

  choose(tab) {
    this.tab = tab;
    if (tab === 'inside') this.load();
    else this.updateComplete.then(() => this.find());
  }

  /** Those inside for everyone, to take along when all must leave; the register itself only for those who answer for it. */
  exports() {
    if (this.tab === 'inside') return download('/v1/inside.csv', 'register.csv');
    if (!EXPORTERS.includes(this.rank) || !this.query) return nothing;
    return html`${['csv', 'xlsx'].map((form) => download(`/v1/register.${form}?${this.query}`, `register.${form}`))}`;
  }

  span(fromS, untilS) {
    return new URLSearchParams({ from: new Date(fromS * 1000).toISOString(), until: new Date(untilS * 1000).toISOString() });
  }

  people() {
    const text = this.text.toUpperCase();
    const all = (this.inside ?? []).filter((one) => !text || `${one.name} ${one.key}`.toUpperCase().includes(text));
    return html`<div class="row"><input class="find" type="search" maxlength="80" placeholder=${t('register.text')} aria-label=${t('register.text')}
        .value=${this.text} @input=${(e) => { this.text = e.target.value.trim(); this.requestUpdate(); }}>
        ${['person', 'visitor', 'vehicle'].map((kind) => html`<span class="tile"><span class="dim">${t(`register.kind_${kind}`)}</span> <span class="count">${all.filter((one) => one.kind === kind).length}</span></span>`)}</div>
      <div class="scroll" tabindex="0" role="region" aria-label=${t('register.inside')}>${!this.inside ? nothing : all.length ? html`<table><thead><tr><th>${t('register.who')}</th><th>${t('register.gate')}</th><th>${t('register.since')}</th><td></td></tr></thead>
        <tbody>${all.map((one) => this.person(one))}</tbody></table>` : html`<p class="dim">${t('register.nobody')}</p>`}</div>`;
  }

  person(one) {
    const sure = this.leaving === one.key;
    const since = one.since_s;
    return html`<tr><td><b>${named(one)}</b> <span class="dim small">${t(`register.kind_${one.kind}`)}</span></td><td>${gateName(one.gate)}</td>
      <td class="num ${one.overstayed ? 'late' : ''}">${one.overstayed ? icon('warn') : nothing} ${moment(since)} <span class="dim">${ago(since)}</span></td>
      <td><button class=${sure ? 'bad' : 'plain'} @click=${() => (sure ? this.left(one) : this.ask(one))}>${t(sure ? 'register.left_again' : 'register.left')}</button></td></tr>`;
  }

  ask(one) {
    this.leaving = one.key;
    setTimeout(() => { if (this.leaving === one.key) this.leaving = ''; }, 4000);
  }

  async left(one) {
    this.leaving = '';
    this.verdict = await act('/v1/inside/correct', { key: one.key, reason: t('register.left_reason') });
    this.load();
  }

  search() {
    const from = `${localField(nowS()).slice(0, 10)}T00:00`;
    return html`<form @submit=${(e) => { e.preventDefault(); this.find(); }}>
        <div class="fields"><label><span>${t('register.text')}</span><input name="text" type="search" maxlength="80"></label>
          <label><span>${t('register.from')}</span><input name="from" type="datetime-local" required .defaultValue=${from}></label>
          <label><span>${t('register.until')}</span><input name="until" type="datetime-local" required .defaultValue=${localField(nowS() + 3600)}></label>
          <label><span>${t('register.kind')}</span><select name="kind">${KINDS.map((kind) => html`<option value=${kind}>${t(kind ? `register.kind_${kind}` : 'events.all')}</option>`)}</select></label>
          <button class="primary good" ?disabled=${this.busy}>${t('register.find')}</button></div></form>
      <div class="scroll" tabindex="0" role="region" aria-label=${t('register.stays')}>${!this.stays ? nothing : this.stays.length ? html`<table><thead><tr><th>${t('register.who')}</th><th>${t('register.came')}</th><th>${t('register.went')}</th><th>${t('register.note')}</th></tr></thead>
        <tbody>${this.stays.map((stay) => this.stay(stay))}</tbody></table>${this.total > this.stays.length ? html`<button class="primary" ?disabled=${this.busy} @click=${() => this.page(this.stays)}>${t('register.more', { n: this.total - this.stays.length })}</button>` : nothing}` : html`<p class="dim">${t('register.none')}</p>`}</div>`;
  }

  stay(stay) {
    const { in_s: came, out_s: went } = stay;
    return html`<tr><td><b>${named(stay)}</b> <span class="dim small">${t(`register.kind_${stay.kind}`)}</span></td>
      <td class="num">${came ? moment(came) : t('register.unseen')}<div class="dim small">${gateName(stay.gate_in)}</div></td>
      <td class="num">${went ? moment(went) : html`<span class="open">${t('register.still')}</span>`}<div class="dim small">${gateName(stay.gate_out)}</div></td>
      <td>${stay.note}</td></tr>`;
  }

  find() {
    const given = Object.fromEntries(new FormData(this.renderRoot.querySelector('form')));
    const query = this.span(fieldSeconds(given.from), fieldSeconds(given.until));
    if (given.text.trim()) query.set('text', given.text.trim());
    if (given.kind) query.set('kind', given.kind);
    this.query = query;
    this.page([]);
  }

  /** One more page behind those that are shown. */
  async page(before) {
    this.busy = true;
    const reply = await this.newest('stays', call('GET', `/v1/register?${this.query}&limit=${PAGE}&offset=${before.length}`));
    if (!reply) return;
    this.busy = false;
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
    if (!reply.ok) return;
    this.stays = [...before, ...reply.data.stays];
    this.total = reply.data.total;
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 8000) return nothing;
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</p>`;
  }
}
customElements.define('mw-register', Register);

const named = (one) => one.name || one.key.split(':').slice(1).join(':');
const download = (href, words) => html`<a class="button" href=${href} download>${t(words)}</a>`;
export const gateName = (gate) => (gate ? placeOf(`lane:${gate}`) || placeOf(`door:${gate}`) || gate : '');
