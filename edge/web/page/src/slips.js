/** Goods slips at the exit: find the slip, count item by item, let the gateway compare. */
import { css, html, nothing } from 'lit';
import { act, call, upload, verdictOf } from './api.js';
import { Part, look, sheet } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { smaller } from './photo.js';
import { moment, nowS, seconds, verdictText } from './words.js';
import './hold-button.js';

class Slips extends Part {
  static properties = { looking: { type: Boolean }, slips: { state: true }, chosen: { state: true }, counts: { state: true }, busy: { state: true }, error: { state: true }, verdict: { state: true }, differences: { state: true }, photo: { state: true } };

  static ticks = true;

  static styles = [look, sheet, css`
    .list button { width: 100%; min-height: 64px; text-align: left; display: flex; gap: 14px; align-items: center; margin-bottom: 8px; font-weight: 500; }
    .gone { color: var(--dim); }
    .item { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 10px; align-items: center; border-top: 1px solid var(--line); padding: 8px 0; }
    .count { display: grid; grid-template-columns: 64px 110px 64px; gap: 8px; } .count button { min-height: 64px; font-size: 1.5rem; padding: 0; } .count input { text-align: center; font-size: 1.3rem; font-weight: 700; }
    .name { font-size: 1.15rem; font-weight: 700; } .differs { background: var(--bad-deep); margin: 0 -10px; padding: 8px 10px; border-radius: 8px; }
    .check { display: grid; gap: 10px; max-width: 900px; }
  `];

  connectedCallback() {
    super.connectedCallback();
    this.load();
  }

  async load() {
    const reply = await this.newest('slips', call('GET', '/v1/slips'));
    if (!reply) return;
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
    if (reply.ok) this.slips = reply.data.slips;
  }

  render() {
    return html`${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}${this.said()}${this.chosen ? this.check(this.chosen) : this.list()}`;
  }

  list() {
    const live = (slip) => !slip.used && !slip.revoked;
    const all = [...(this.slips ?? [])].sort((a, b) => live(b) - live(a));
    if (this.slips && !all.length) return html`<p class="dim">${t('slips.none')}</p>`;
    return html`<div class="list">${all.map((slip) => html`<button class=${live(slip) ? '' : 'gone'} ?disabled=${this.looking || !live(slip)} @click=${() => this.choose(slip)}>
      <b>${slip.id}</b><span class="grow">${slip.host} · ${slip.items.map((item) => `${item.name}×${item.quantity}`).join('，')}</span>
      <span>${slip.used ? t('slips.used') : slip.revoked ? t('visitors.revoked') : until(slip)}</span></button>`)}</div>`;
  }

  choose(slip) {
    this.chosen = slip;
    this.counts = {};
    this.differences = [];
    this.verdict = null;
    this.photo = null;
  }

  /** A phone's photo is far larger than needed: it is made smaller here, and sent with the check, which waits for it. */
  take(event) {
    const [file] = event.target.files;
    this.photo = file ? smaller(file).catch(() => null) : null;
  }

  check(slip) {
    const items = slip.items;
    const ready = items.every((item) => Number.isInteger(this.counts[item.name]));
    return html`<div class="check"><div class="row"><h1 class="grow">${slip.id} · ${slip.host}</h1><button class="plain" @click=${() => { this.chosen = null; }}>${t('cancel')}</button></div>
      <p class="dim">${t('slips.consent', { consent: slip.consent_by, approved: slip.approved_by })} · ${until(slip)}</p>
      <div>${items.map((item) => this.item(item))}</div>
      <div class="fields"><label><span>${t('slips.plate')}</span><input name="plate" maxlength="12" .defaultValue=${slip.plate ?? ''}></label>
        <label><span>${t('slips.note')}</span><input name="note" maxlength="200"></label>
        <label><span>${t('slips.photo')}</span><input name="photo" type="file" accept="image/jpeg,image/png" capture="environment" @change=${this.take}></label></div>
      <mw-hold label=${t('slips.check')} hint=${ready ? t('focus.hold') : t('slips.count_first')} ?disabled=${!ready || this.busy} @held=${this.send}></mw-hold></div>`;
  }

  item({ name, quantity }) {
    const seen = this.counts[name];
    const wrong = this.differences.find((one) => one.item === name);
    const set = (n) => { this.counts = { ...this.counts, [name]: Math.max(0, Math.min(1_000_000, n)) }; };
    return html`<div class="item ${wrong ? 'differs' : ''}"><div><span class="name">${name}</span><div class="dim">${t('slips.listed', { n: quantity })}${wrong ? html` · ${icon('warn')} ${t('slips.differs', { n: wrong.seen })}` : nothing}</div></div>
      <div class="count"><button aria-label=${`${name} −1`} @click=${() => set((seen ?? 0) - 1)}>−</button>
        <input type="number" inputmode="numeric" min="0" max="1000000" aria-label=${t('slips.seen', { name })} .value=${String(seen ?? '')} @input=${(e) => { if (e.target.value !== '') set(Math.trunc(Number(e.target.value))); else this.counts = { ...this.counts, [name]: undefined }; }}>
        <button aria-label=${`${name} +1`} @click=${() => set((seen ?? 0) + 1)}>+</button></div></div>`;
  }

  async send() {
    const field = (name) => this.renderRoot.querySelector(`input[name=${name}]`).value.trim();
    const seen = this.chosen.items.map(({ name }) => ({ name, quantity: this.counts[name] }));
    const path = `/v1/slips/${encodeURIComponent(this.chosen.id)}`;
    this.busy = true;
    const sent = this.photo ? await this.sendPhoto(`${path}/photo`) : null;
    const extra = { ...(field('plate') ? { plate: field('plate') } : {}), ...(sent?.ok ? { photo: sent.data.photo } : {}) };
    this.verdict = sent && !sent.ok ? verdictOf(sent) : await act(`${path}/check`, { seen, note: field('note'), ...extra });
    this.busy = false;
    this.differences = this.verdict.data?.differences ?? [];
    if (this.verdict.ok) {
      this.chosen = null;
      this.load();
    }
  }

  async sendPhoto(path) {
    const photo = await this.photo;
    return photo ? upload(path, photo) : { ok: false, data: { error: { code: 'photo_kind' } } };
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 30000) return nothing;
    return html`<p class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${v.ok ? '✓' : '✗'} ${verdictText(v)}</p>`;
  }
}
customElements.define('mw-slips', Slips);

function until(slip) {
  const at = seconds(slip.not_after);
  return `${t('lanes.until', { at: moment(at) })}${at < nowS() ? ` · ${t('visitors.late')}` : ''}`;
}
