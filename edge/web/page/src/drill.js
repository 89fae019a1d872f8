/** 演练: a supervisor begins it with a reason and an end, and makes alarms for practice by their action cards. */
import { css, html, nothing } from 'lit';
import { act, call } from './api.js';
import { Part, look, sheet } from './base.js';
import { language, t } from './i18n.js';
import { verdictText } from './words.js';

const MINUTES = [15, 30, 60, 120];

class Drill extends Part {
  static properties = { state: { attribute: false }, rank: {}, cards: { state: true }, minutes: { state: true }, reason: { state: true }, place: { state: true }, verdict: { state: true } };

  static styles = [look, sheet, css`
    article { display: grid; gap: 12px; margin-bottom: 12px; } input { min-height: 64px; }
    .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 12px; }
    .cards button { text-align: left; padding: 12px 16px; border: 2px dashed #c79bff; display: grid; gap: 4px; align-content: start; }
    .cards b { font-size: 1.1rem; } .cards small { font-weight: 400; font-size: .89rem; }
    .chips button { min-height: 64px; }
  `];

  constructor() {
    super();
    this.minutes = 30;
    this.reason = '';
    this.place = '';
  }

  connectedCallback() {
    super.connectedCallback();
    call('GET', '/v1/drill').then(({ ok, data }) => { if (ok) this.cards = data; });
  }

  render() {
    const { drill } = this.state;
    const may = this.rank !== 'guard';
    return html`<article class="panel"><div class="row"><h2 class="grow">${t('drill.title')}</h2>${this.said()}</div>
      <p class="dim">${t('drill.help')}</p>
      ${!may ? html`<p>${t('drill.supervisor')}</p>` : drill ? this.practice(drill) : this.form()}</article>`;
  }

  form() {
    const most = (this.cards?.max_s ?? 7200) / 60;
    return html`<label><span>${t('drill.reason')}</span><input name="reason" maxlength="200" autocomplete="off" .value=${this.reason} @input=${(e) => { this.reason = e.target.value; }}></label>
      <div class="chips" role="group" aria-label=${t('drill.length')}>${MINUTES.filter((n) => n <= most).map((n) => html`<button aria-pressed=${String(this.minutes === n)} @click=${() => { this.minutes = n; }}>${t('time.min', { n })}</button>`)}</div>
      <button class="primary good" ?disabled=${!this.reason.trim()} @click=${() => this.send('begin', { reason: this.reason.trim(), for_s: this.minutes * 60 })}>${t('drill.begin')}</button>`;
  }

  practice(drill) {
    return html`<p>${t('drill.made', { n: drill.made })}</p>
      <label><span>${t('drill.place')}</span><input name="place" maxlength="80" autocomplete="off" .value=${this.place} @input=${(e) => { this.place = e.target.value; }}></label>
      <div class="cards">${(this.cards?.kinds ?? []).map((one) => html`<button @click=${() => this.send('alarm', { kind: one.kind, place: this.place.trim() })}>
        <b>${t('drill.word')} ${one[language()]}</b><small>${t(`priority.${one.priority}`)} · ${one.card[language()]?.[0] ?? one.card.zh[0]}</small></button>`)}</div>`;
  }

  async send(what, body) {
    this.verdict = await act(`/v1/drill/${what}`, body);
    if (this.verdict.ok && what === 'begin') this.reason = '';
  }

  said() {
    const v = this.verdict;
    return v ? html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>` : nothing;
  }
}
customElements.define('mw-drill', Drill);
