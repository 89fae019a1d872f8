/** A guard's own report (安全联防): what, where, words, photos; and the incidents that are open, to add to and to share. */
import { css, html, nothing } from 'lit';
import { act } from './api.js';
import { Part, look, sheet } from './base.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { sendPhotos } from './photo.js';
import { ago, nameOf, reasonText, verdictText } from './words.js';
import './plan.js';

class Report extends Part {
  static properties = {
    state: { attribute: false }, plan: { attribute: false }, rank: {}, what: { state: true }, urgent: { state: true }, spot: { state: true }, map: { state: true },
    files: { state: true }, busy: { state: true }, verdict: { state: true }, adding: { state: true }, more: { state: true },
  };

  static ticks = true;

  static styles = [look, sheet, css`
    .two { display: grid; grid-template-columns: minmax(0, 1fr) minmax(320px, 1fr); gap: 18px; align-items: start; }
    form { display: grid; gap: 12px; padding: 3px; } textarea { font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line); border-radius: 10px; padding: 8px 14px; width: 100%; min-height: 84px; resize: vertical; }
    fieldset { border: 0; margin: 0; padding: 0; min-width: 0; } legend { color: var(--dim); font-size: .89rem; padding: 0; } .chips button { min-height: 56px; }
    .shot { position: relative; display: inline-flex; align-items: center; gap: 8px; min-height: 64px; padding: 8px 26px; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); color: inherit; font-weight: 600; cursor: pointer; overflow: hidden; }
    .shot input { position: absolute; inset: 0; height: 100%; opacity: 0; cursor: pointer; } .shot:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; } mw-plan { --plan-height: 34vh; }
    li { border: 1px solid var(--line); border-left: 6px solid var(--bad); border-radius: 10px; padding: 10px 14px; display: grid; gap: 8px; background: var(--raised); }
    ul { list-style: none; margin: 8px 0 0; padding: 0; display: grid; gap: 10px; } li img { width: 132px; height: 88px; object-fit: cover; border-radius: 6px; display: block; } .thumb { padding: 0; border: 0; background: none; min-height: 0; }
    .what { font-weight: 700; font-size: 1.1rem; }
    @media (max-width: 900px) { .two { grid-template-columns: minmax(0, 1fr); } }
  `];

  constructor() {
    super();
    this.more = [];
    this.fresh();
  }

  fresh() {
    this.what = '';
    this.urgent = false;
    this.spot = null;
    this.files = [];
  }

  render() {
    const open = (this.state.alarms ?? []).filter((alarm) => alarm.kind === 'report.made');
    return html`<div class="two">${this.form()}<section aria-label=${t('report.open')}><h2>${t('report.open')} ${open.length || ''}</h2>
      ${open.length ? html`<ul>${open.map((alarm) => this.one(alarm))}</ul>` : html`<p class="dim">${t('report.none')}</p>`}</section></div>`;
  }

  form() {
    const maps = this.plan?.maps ?? [];
    const map = this.map ?? maps[0]?.name;
    const most = this.plan?.reports.photos_max ?? 6;
    return html`<form @submit=${this.send} autocomplete="off">
      <fieldset><legend>${t('report.what')}</legend><div class="chips">${(this.plan?.reports.kinds ?? []).map((kind) => html`<button type="button" aria-pressed=${String(this.what === kind)} @click=${() => { this.what = kind; }}>${t(`report.${kind}`)}</button>`)}</div></fieldset>
      <div class="row">${this.shot((files) => { this.files = [...this.files, ...files].slice(0, most); }, 'photos')}
        <span class="dim">${this.files.length ? t('report.taken', { n: this.files.length }) : t('report.photos', { n: most })}</span>
        ${this.files.length ? html`<button type="button" class="plain" @click=${() => { this.files = []; }}>${t('report.drop')}</button>` : nothing}</div>
      <label><span>${t('report.place')}</span><input name="place" maxlength="80" list="places"></label><datalist id="places">${(this.plan?.reports.places ?? []).map((place) => html`<option value=${place}></option>`)}</datalist>
      <label><span>${t('report.words')}</span><textarea name="words" maxlength="500"></textarea></label>
      ${maps.length > 1 ? html`<div class="chips">${maps.map((one) => html`<button type="button" aria-pressed=${String(map === one.name)} @click=${() => { this.map = one.name; this.spot = null; }}>${one.title}</button>`)}</div>` : nothing}
      ${map ? html`<div class="dim">${t('report.tap')}</div><mw-plan .name=${map} .title=${t('report.tap')} .spot=${this.spot} choosing @spot=${(e) => { this.spot = e.detail; }}></mw-plan>` : nothing}
      <button type="button" class=${this.urgent ? 'on' : ''} aria-pressed=${String(this.urgent)} @click=${() => { this.urgent = !this.urgent; }}>${icon('warn')} ${t('report.urgent')}</button>
      <button class="primary good" ?disabled=${this.busy || !this.what}>${t(this.busy ? 'report.sending' : 'report.send')}</button>${this.said('')}</form>`;
  }

  /** The browser's own file button speaks the browser's language; this one speaks the page's. */
  shot(take, name) {
    return html`<label class="shot">${icon('camera')} ${t('report.shoot')}<input name=${name} type="file" accept="image/*" capture="environment" multiple @change=${(e) => { take([...e.target.files]); e.target.value = ''; }}></label>`;
  }

  one(alarm) {
    const detail = reasonText(alarm.detail, 'fault');
    return html`<li><div class="row">${alarm.picture ? html`<button class="thumb" aria-label=${t('enlarge')} @click=${() => this.say('enlarge', { sha: alarm.picture, text: detail })}><img src="/v1/pictures/${alarm.picture}" alt="" loading="lazy"></button>` : nothing}
        <div class="grow"><span class="what">${alarm.place}</span> <span class="dim">${ago(alarm.opened_at_s)}</span><div>${detail}</div>
          ${alarm.acknowledged_by ? html`<span class="tag ok">${t('alarms.taken', { name: nameOf(alarm.acknowledged_by) })}</span>` : nothing}</div></div>
      <div class="row"><button aria-expanded=${String(this.adding === alarm.id)} @click=${() => { this.adding = this.adding === alarm.id ? '' : alarm.id; this.more = []; }}>${t('report.add')}</button>
        <a class="button" href="/v1/reports/${alarm.event_id}/bundle" download>${t('report.bundle')}</a></div>
      ${this.adding === alarm.id ? html`<form @submit=${(e) => this.add(e, alarm)}><input name="note" maxlength="500" aria-label=${t('report.words')} placeholder=${t('report.words')}>
        <div class="row">${this.shot((files) => { this.more = [...this.more, ...files].slice(0, 6); }, 'more')}<span class="dim">${this.more.length ? t('report.taken', { n: this.more.length }) : nothing}</span></div><button class="good" ?disabled=${this.busy}>${t('report.add_now')}</button></form>` : nothing}${this.said(alarm.id)}</li>`;
  }

  async send(event) {
    event.preventDefault();
    const form = event.target; // an event forgets its target once it was handed out
    const given = new FormData(form);
    const map = this.spot ? this.map ?? this.plan?.maps[0]?.name : '';
    const body = { what: this.what, words: given.get('words').trim(), place: given.get('place').trim(), urgent: this.urgent };
    await this.through('', this.files, '/v1/reports', this.spot ? { ...body, map, at: this.spot } : body);
    if (!this.verdict.ok) return;
    form.reset();
    this.fresh();
  }

  async add(event, alarm) {
    event.preventDefault();
    const given = new FormData(event.target);
    await this.through(alarm.id, this.more, `/v1/alarms/${encodeURIComponent(alarm.id)}/note`, { note: given.get('note').trim() });
    if (this.verdict.ok) this.adding = '';
  }

  /** Photos first, then the act that names them. */
  async through(about, files, path, body) {
    this.busy = true;
    const { photos, failed } = await sendPhotos(files).catch(() => ({ photos: [], failed: { ok: false, reason: 'photo_kind', at_ms: Date.now() } }));
    this.verdict = { ...(failed ?? await act(path, { ...body, photos })), about };
    this.busy = false;
  }

  said(about) {
    const v = this.verdict;
    if (v?.about !== about || Date.now() - v.at_ms > 15000) return nothing;
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</p>`;
  }
}
customElements.define('mw-report', Report);
