/** One open alarm: what, where, since when, what is due, what to do, and what the guard does about it. */
import { css, html, nothing } from 'lit';
import { act } from './api.js';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { ago, clock, kindText, nameOf, nowS, placeOf, reasonText, verdictText } from './words.js';
import './reasons.js';

const FALSE_REASONS = ['test', 'animal', 'weather', 'mistake'];
const SHELF_REASONS = ['maintenance', 'known_fault', 'weather'];
const SHELF_MIN = [10, 30, 60];
const MARKS = { 1: 'stop', 2: 'warn', 3: 'info' };
const UNDO_S = 5;
const AMBER = 2 / 3;

class AlarmCard extends Part {
  static properties = {
    alarm: { attribute: false }, cameras: { attribute: false }, first: { type: Boolean }, chosen: { type: Boolean }, live: { state: true }, me: {}, at: { attribute: false }, asking: { state: true }, note: { state: true },
    minutes: { state: true }, verdict: { state: true }, tookMs: { state: true },
  };

  static ticks = true;

  static styles = [look, css`
    article { border: 1px solid var(--line); border-left: 6px solid var(--dim); border-radius: 10px; padding: 8px 12px; background: var(--raised); }
    .p1 { border-left-color: var(--bad); } .p2 { border-left-color: var(--warn); }
    .taken, .shelved { background: transparent; } .shelved { opacity: .75; }
    .drill { border: 3px dashed #c79bff; background: #2a1145; } article.drill .what { color: #dcc2ff; } .practice { background: #c79bff; color: #20083b; font-weight: 800; padding: 0 12px; border-radius: 6px; }
    .chosen, article:focus { outline: 3px solid var(--accent); outline-offset: 2px; }
    .what { font-weight: 700; } .p1 .what { color: var(--bad); font-size: 1.15rem; }
    .where { font-size: 1.15rem; font-weight: 600; } .p1 .where { font-size: 1.45rem; }
    .do { margin-top: 6px; } .do button { min-height: 56px; } .take { min-height: 72px; font-size: 1.15rem; padding: 6px 22px; }
    .shot { position: relative; display: inline-flex; align-items: center; gap: 6px; min-height: 56px; padding: 6px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); font-weight: 600; cursor: pointer; overflow: hidden; }
    .shot input { position: absolute; inset: 0; opacity: 0; cursor: pointer; } .shot:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
    ol { margin: 6px 0 2px; padding-left: 1.6em; } li { padding: 1px 0; }
    .due { font-variant-numeric: tabular-nums; }
    img { width: 108px; height: 72px; object-fit: cover; border-radius: 6px; display: block; } .thumb { padding: 0; border: 0; min-height: 0; background: none; }
    mw-live-tile { width: 232px; height: 132px; } .do .eye { min-width: 56px; padding: 6px 12px; }
    .media { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 6px; align-items: end; }
    mw-reasons { margin: 8px 0; } .chips { display: flex; gap: 10px; margin: 8px 0; }
  `];

  render() {
    const a = this.alarm;
    const taken = Boolean(a.acknowledged_by);
    const steps = a.card?.[language()]?.length ? a.card[language()] : a.card?.zh ?? [];
    return html`<article tabindex="-1" class="${this.chosen ? 'chosen' : ''} p${a.priority} ${taken ? 'taken' : ''} ${a.shelved ? 'shelved' : ''} ${a.drill ? 'drill' : ''}">
      <div class="row">
        ${a.picture ? html`<button class="thumb" aria-label=${t('enlarge')} @click=${() => this.say('enlarge', { sha: a.picture, text: kindText(a.kind) })}><img src="/v1/pictures/${a.picture}" alt="" loading="lazy"></button>` : nothing}
        ${this.tile()}
        <div class="grow" role=${a.priority === 1 && !taken ? 'alert' : nothing}>${a.drill ? html`<span class="practice">${t('drill.word')}</span> ` : nothing}<span class="what">${icon(MARKS[a.priority] ?? 'info')} ${t(`priority.${a.priority}`)} · ${kindText(a.kind)}</span>
          <div><span class="where">${a.place || placeOf(a.source) || a.source}</span>
            <span class="dim small"> ${clock(a.opened_at_s)} · ${ago(a.opened_at_s)}${a.count > 1 ? ` · ×${a.count}` : ''}</span></div>
          ${a.detail ? html`<div class="small">${reasonText(a.detail, 'fault')}</div>` : nothing}
          <div class="row small">${this.tags(a)}${this.dues(a)}</div>${this.media(a)}</div>
        ${taken ? nothing : html`<button class="take good" data-key="Space" @click=${() => this.take()}>${t('alarms.take')}</button>`}</div>
      <div class="row do">${this.eye()}${this.buttons(a, taken)}${this.said()}</div>
      ${this.asking ? this.ask() : nothing}
      ${!a.shelved && a.priority < 3 && steps.length ? html`<ol>${steps.map((step) => html`<li>${step}</li>`)}</ol>` : nothing}
    </article>`;
  }

  /** The camera that sees the place, as far as the site file says so. */
  get camera() {
    const { source, place, priority, shelved } = this.alarm;
    if (shelved || priority > 2) return undefined;
    const sees = (c) => source === `camera:${c.name}` || (c.lane && source === `lane:${c.lane}`) || (place && c.place === place);
    return (this.cameras ?? []).find((c) => c.up !== false && sees(c));
  }

  /** The first alarm shows its camera by itself; the others when they are asked. */
  get watching() {
    return Boolean(this.camera) && (this.live ?? this.first);
  }

  tile() {
    if (!this.watching) return nothing;
    import('./live-tile.js').catch(() => { this.live = false; });
    return html`<mw-live-tile .camera=${this.camera}></mw-live-tile>`;
  }

  eye() {
    if (!this.camera) return nothing;
    return html`<button class="plain eye" aria-pressed=${String(this.watching)} aria-label=${t('live.here', { place: this.camera.place || this.camera.name })} @click=${() => { this.live = !this.watching; }}>${icon('eye')}</button>`;
  }

  /** What came after the first picture: before and after, the clip. */
  media(a) {
    if (!a.media?.length) return nothing;
    return html`<div class="media">${a.media.map((m) => {
      const text = t(`media.${m.mime.startsWith('image/') ? m.role : 'clip'}`);
      if (m.mime === 'application/zip') return html`<a href="/v1/clips/${m.sha256}" download>${text}</a>`;
      const film = m.mime.startsWith('video/');
      return html`<button class=${film ? '' : 'thumb'} aria-label=${text} @click=${() => this.say('enlarge', { sha: m.sha256, text: `${kindText(a.kind)} · ${text}`, film })}>
        ${film ? html`▶ ${text}` : html`<img src="/v1/pictures/${m.sha256}" alt="" loading="lazy"><span class="small">${text}</span>`}</button>`;
    })}</div>`;
  }

  tags(a) {
    const tags = [
      a.standing && ['warn', t('alarms.standing')],
      a.shelved && ['', t('alarms.shelved', { name: nameOf(a.shelved.by), left: this.span(this.left(a.shelved.left_s)) })],
      a.returned_at_s && ['ok', t('alarms.returned')],
      a.acknowledged_by && ['ok', `${t('alarms.taken', { name: nameOf(a.acknowledged_by) })}${a.stage === 'taken' ? '' : ` · ${t(`alarms.${a.stage}`)}`}`],
      a.level && a.level !== 'guard' && ['bad', t(`alarms.told_${a.level}`)],
      a.stale && ['warn', t('alarms.stale')],
      a.kept && ['warn', t('outbox.kept_tag')],
    ];
    return tags.filter(Boolean).map(([tone, text]) => html`<span class="tag ${tone}">${text}</span>`);
  }

  dues(a) {
    if (a.shelved) return nothing;
    return (a.clocks ?? []).map((due) => {
      const left = this.left(due.left_s);
      const tone = left <= 0 ? 'bad' : left <= due.limit_s * (1 - AMBER) ? 'warn' : '';
      const text = left <= 0 ? t('alarms.late', { what: t(`clock.${due.clock}`), span: this.span(-left) }) : t('alarms.due', { what: t(`clock.${due.clock}`), span: this.span(left) });
      return html`<span class="tag due ${tone}">${tone ? icon('warn') : ''} ${text}</span>`;
    });
  }

  /** What was left at the snapshot, less what has passed since on the server's clock. */
  left(leftS) {
    return leftS - Math.max(0, nowS() - this.at);
  }

  span(seconds) {
    const s = Math.max(0, Math.round(seconds));
    if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
    return `${Math.floor(s / 3600)}:${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
  }

  buttons(a, taken) {
    const mine = a.acknowledged_by === this.me;
    const undo = mine && a.stage === 'taken' && this.tookMs && Date.now() - this.tookMs < UNDO_S * 1000;
    const go = taken && (a.stage === 'taken' || a.stage === 'en_route');
    return html`
      ${undo ? html`<button @click=${() => this.send('undo')}>${t('alarms.undo')}</button>` : nothing}
      ${go && a.stage === 'taken' ? html`<button @click=${() => this.send('advance', { stage: 'en_route' })}>${t('alarms.go')}</button>` : nothing}
      ${go ? html`<button @click=${() => this.send('advance', { stage: 'on_site' })}>${t('alarms.there')}</button>
        <label class="shot">${icon('camera')} ${t('alarms.there_photo')}<input type="file" accept="image/*" capture="environment" @change=${this.there}></label>` : nothing}
      <button @click=${() => this.send('close', { outcome: 'handled' })}>${t('alarms.handled')}</button>
      <button class="plain" data-key="N" aria-expanded=${String(this.asking === 'note')} @click=${() => this.open('note')}>${t('alarms.note')}</button>
      <button data-key="F" aria-expanded=${String(this.asking === 'false')} @click=${() => this.open('false')}>${t('alarms.false')}</button>
      ${a.shelved ? html`<button @click=${() => this.send('../unshelve', { kind: a.kind, source: a.source })}>${t('alarms.unshelve')}</button>`
    : a.drill ? nothing : html`<button class="plain" aria-expanded=${String(this.asking === 'shelve')} @click=${() => this.open('shelve')}>${t('alarms.shelve')}</button>`}`;
  }

  open(what) {
    this.asking = this.asking === what ? '' : what;
    this.note = '';
    this.minutes = SHELF_MIN[0];
    if (this.asking === 'note') this.updateComplete.then(() => this.renderRoot.querySelector('form input')?.focus());
  }

  /** Words for the record; the alarm stays as it is. */
  noting() {
    const send = (event) => { event.preventDefault(); this.send('note', { note: this.note }); };
    return html`<form class="row" @submit=${send}><input class="grow" maxlength="500" required aria-label=${t('alarms.note')} placeholder=${t('alarms.note_words')} @input=${(e) => { this.note = e.target.value.trim(); }}>
      <button ?disabled=${!this.note}>${t('alarms.note_now')}</button></form>`;
  }

  ask() {
    if (this.asking === 'note') return this.noting();
    const shelve = this.asking === 'shelve';
    const minutes = html`<div class="chips" role="group" aria-label=${t('alarms.shelve_for')}>${SHELF_MIN.map((n) => html`<button aria-pressed=${String(this.minutes === n)} @click=${() => { this.minutes = n; }}>${t('time.min', { n })}</button>`)}</div>`;
    const done = shelve
      ? () => this.send('shelve', { reason: this.note, for_s: this.minutes * 60 })
      : () => this.send('close', { outcome: 'false', note: this.note });
    return html`${shelve ? minutes : nothing}
      <mw-reasons .keys=${shelve ? SHELF_REASONS : FALSE_REASONS} label=${t(shelve ? 'alarms.shelve_why' : 'alarms.false_why')} @reason=${(e) => { this.note = e.detail; }}></mw-reasons>
      <button class="bad" ?disabled=${!this.note} @click=${done}>${t(shelve ? 'alarms.shelve_now' : 'alarms.false_now')}</button>`;
  }

  /** 到场并拍照: the photo goes first, the step names it. */
  async there({ target }) {
    const [file] = target.files;
    if (!file) return;
    const { sendPhotos } = await import('./photo.js');
    const { photos, failed } = await sendPhotos([file]).catch(() => ({ photos: [], failed: { ok: false, reason: 'photo_kind', at_ms: Date.now() } }));
    target.value = '';
    if (failed) this.verdict = failed;
    else await this.send('advance', { stage: 'on_site', photo: photos[0] });
  }

  async take() {
    await this.send('acknowledge');
    if (this.verdict.ok) this.tookMs = Date.now();
  }

  async send(what, body = {}) {
    const path = what.startsWith('../') ? what.slice(3) : `${encodeURIComponent(this.alarm.id)}/${what}`;
    this.verdict = await act(`/v1/alarms/${path}`, body);
    if (this.verdict.ok) this.asking = '';
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 8000) return nothing;
    return html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>`;
  }
}
customElements.define('mw-alarm-card', AlarmCard);
