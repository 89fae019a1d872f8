/** People and their faces, for administrators: consent first, then pictures or a look into a camera; removal. */
import { css, html, nothing } from 'lit';
import { act, call, requestId, verdictOf } from './api.js';
import { Part, look, sheet } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { moment, seconds, verdictText } from './words.js';
import './hold-button.js';

const SHOWN_MAX = 60;

class People extends Part {
  static properties = {
    shown: { type: Boolean }, people: { state: true }, faces: { state: true }, limit: { state: true }, text: { state: true },
    chosen: { state: true }, adding: { state: true }, busy: { state: true }, seen: { state: true }, verdict: { state: true }, error: { state: true }, minor: { state: true },
  };

  static ticks = true;

  static styles = [look, sheet, css`
    .list button { width: 100%; min-height: 64px; text-align: left; display: flex; gap: 14px; align-items: center; margin-bottom: 8px; font-weight: 500; }
    .one { display: grid; gap: 14px; max-width: 960px; } .one > section { border-top: 1px solid var(--line); padding-top: 12px; display: grid; gap: 10px; }
    .seen { display: flex; gap: 14px; align-items: center; } .seen img { width: 112px; height: 112px; object-fit: cover; border-radius: 8px; }
    label.check { display: flex; gap: 10px; align-items: center; min-height: 48px; } label.check input { width: 26px; min-height: 26px; }
    input[type=file] { padding: 10px; } button { min-height: 56px; }
  `];

  constructor() {
    super();
    this.text = '';
  }

  updated(changed) {
    if (changed.has('shown') && this.shown) this.load();
  }

  async load() {
    const answers = await this.newest('people', Promise.all(['/v1/people', '/v1/faces?limit=500', '/v1/faces/threshold'].map((path) => call('GET', path))));
    if (!answers) return;
    const [people, faces, limit] = answers;
    this.error = people.ok && faces.ok ? '' : people.data.error?.[language()] ?? faces.data.error?.[language()] ?? t('offline');
    if (people.ok) this.people = people.data.people;
    if (faces.ok) this.faces = faces.data;
    this.limit = limit.ok ? limit.data : null;
    if (this.chosen && people.ok) this.chosen = this.people.find((one) => one.id === this.chosen.id) ?? null;
  }

  faceOf(person) {
    return this.faces?.people.find((one) => one.id === person.id);
  }

  render() {
    const warning = this.faces?.filing.warning;
    return html`<section class="panel sheet" aria-label=${t('view.people')}><header><h1 class="grow">${t('view.people')}</h1>
        ${this.faces ? html`<span class="dim">${t('people.enrolled', { n: this.faces.enrolled })}</span>` : nothing}
        ${this.chosen || this.adding ? html`<button class="plain" @click=${() => { this.chosen = null; this.adding = false; this.seen = null; }}>${t('cancel')}</button>`
    : html`<button @click=${() => { this.adding = true; }}>${t('people.add')}</button>`}</header>
      ${warning ? html`<p class="verdict no" role="alert">${icon('warn')} ${warning[language()]}</p>` : nothing}
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}${this.said()}
      <div class="scroll">${this.adding ? this.form() : this.chosen ? this.one(this.chosen) : this.list()}</div></section>`;
  }

  list() {
    const found = (this.people ?? []).filter((one) => `${one.name} ${one.place} ${one.id}`.includes(this.text));
    return html`<label><span>${t('people.search')}</span><input type="search" .value=${this.text} @input=${(e) => { this.text = e.target.value.trim(); }}></label>
      <p class="dim small">${this.limit?.[language()] ?? ''}</p>
      <div class="list">${found.slice(0, SHOWN_MAX).map((one) => {
    const face = this.faceOf(one);
    return html`<button @click=${() => { this.chosen = one; this.seen = null; this.verdict = null; }}><b>${one.name}</b><span class="grow dim">${one.place}</span>
        ${one.blocked ? html`<span class="tag bad">${t('people.blocked')}</span>` : nothing}
        <span class="tag ${face?.templates ? 'ok' : ''}">${face?.templates ? t('people.templates', { n: face.templates }) : t('people.no_face')}</span></button>`;
  })}</div>${found.length > SHOWN_MAX ? html`<p class="dim">${t('people.more', { n: found.length - SHOWN_MAX })}</p>` : nothing}`;
  }

  form() {
    return html`<form class="one" @submit=${this.add}><div class="fields">
        <label><span>${t('people.name')}</span><input name="name" required maxlength="80"></label>
        <label><span>${t('people.place')}</span><input name="place" maxlength="80"></label></div>
      <button class="primary good">${t('people.save')}</button></form>`;
  }

  async add(event) {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const id = `p-${requestId().slice(0, 12)}`;
    this.verdict = verdictOf(await call('PUT', `/v1/people/${id}`, given));
    if (!this.verdict.ok) return;
    await this.load();
    this.adding = false;
    this.chosen = this.people.find((one) => one.id === id) ?? null;
  }

  one(person) {
    const face = this.faceOf(person);
    return html`<div class="one"><h1>${person.name} <span class="dim">${person.place}</span></h1>
      ${face ? this.enrol(person, face) : this.consent(person)}</div>`;
  }

  consent(person) {
    return html`<section><h2>${t('people.consent')}</h2><p>${t('people.consent_words')}</p>
      <form class="one" @submit=${(e) => this.agree(e, person)}><div class="fields">
          <label><span>${t('people.purpose')}</span><input name="purpose" required maxlength="200" .defaultValue=${t('people.purpose_door')}></label>
          <label><span>${t('people.until')}</span><input name="until" type="date"></label></div>
        <label class="check"><input type="checkbox" name="under_14" @change=${(e) => { this.minor = e.target.checked; }}> ${t('people.under_14')}</label>
        ${this.minor ? html`<label><span>${t('people.guardian')}</span><input name="given_by" required maxlength="80"></label>` : nothing}
        <button class="primary good">${t('people.agrees')}</button></form></section>`;
  }

  async agree(event, person) {
    event.preventDefault();
    const { purpose, until, under_14: minor, given_by: by } = Object.fromEntries(new FormData(event.target));
    const body = { purpose, under_14: Boolean(minor), ...(by ? { given_by: by } : {}), ...(until ? { until: `${until}T23:59:59Z` } : {}) };
    this.verdict = verdictOf(await call('PUT', `/v1/people/${person.id}/consent`, body));
    await this.load();
  }

  enrol(person, face) {
    const { consent } = face;
    const full = face.templates >= this.faces.templates_max;
    const by = consent.given_by === 'self' ? person.name : consent.given_by;
    return html`<p class="dim">${t('people.consented', { by, at: moment(seconds(consent.given_at)), purpose: consent.purpose, to: consent.recorded_by })}${consent.until ? ` · ${t('people.ends', { at: moment(seconds(consent.until)) })}` : ''}</p>
      <section><h2>${t('people.pictures', { n: face.templates, max: this.faces.templates_max })}</h2>
        ${this.looked()}
        <div class="fields"><label><span>${t('people.by_picture')}</span><input type="file" accept="image/jpeg,image/png,image/webp" multiple ?disabled=${full || this.busy} @change=${(e) => this.send(person, e.target)}></label>
          ${this.faces.cameras.map((camera) => html`<button ?disabled=${full || this.busy} @click=${() => this.live(person, camera)}>${t('people.live', { camera })}</button>`)}</div>
        ${this.busy ? html`<p class="verdict wait" role="status">${t('people.looking')}</p>` : nothing}</section>
      <section><mw-hold tone="bad" label=${t('people.withdraw')} hint=${t('focus.hold')} @held=${() => this.withdraw(person)}></mw-hold>
        <p class="dim small">${t('people.withdraw_words')}</p></section>`;
  }

  looked() {
    const seen = this.seen;
    if (!seen) return nothing;
    return html`<div class="seen">${seen.picture ? html`<img alt="" src="data:image/jpeg;base64,${seen.picture}">` : nothing}
      <p class="verdict ${seen.ok ? 'ok' : 'no'}" role="status">${seen.words}${seen.quality === undefined ? '' : ` · ${t('people.quality', { n: Math.round(seen.quality * 100) })}`}</p></div>`;
  }

  /** Each picture gets its own verdict; the last refusal stays on screen. */
  async send(person, input) {
    this.busy = true;
    for (const file of input.files) {
      const reply = await this.picture(person, file);
      this.take(reply, file.name);
      if (!reply.ok) break;
    }
    input.value = '';
    this.busy = false;
    await this.load();
  }

  picture(person, file) {
    return call('POST', `/v1/people/${person.id}/faces?request_id=${requestId()}`, file);
  }

  async live(person, camera) {
    this.busy = true;
    this.take(await call('POST', `/v1/people/${person.id}/faces/live`, { request_id: requestId(), camera }), camera);
    this.busy = false;
    await this.load();
  }

  take({ ok, data }, what) {
    const words = ok ? t('people.taken', { what }) : `${what}: ${data.error?.[language()] ?? t('offline')}`;
    this.seen = { ok, words, picture: data.seen?.picture, quality: data.seen?.quality };
  }

  async withdraw(person) {
    this.verdict = await act(`/v1/people/${person.id}/faces`, {}, 'DELETE');
    this.seen = null;
    await this.load();
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 8000) return nothing;
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</p>`;
  }
}
customElements.define('mw-people', People);
