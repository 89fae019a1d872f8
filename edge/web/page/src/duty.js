/** Duty (值班): who mans a post, handing over matter by matter, signing. */
import { css, html, nothing } from 'lit';
import { act } from './api.js';
import { Part, look, sheet } from './base.js';
import { icon } from './icons.js';
import { find, t } from './i18n.js';
import { ago, kindText, nameOf, verdictText } from './words.js';
import './hold-button.js';
import './chain.js';
import './drill.js';
import './tablet.js';

const TABS = ['posts', 'selftest', 'drill', 'tablet'];

class Duty extends Part {
  static properties = { state: { attribute: false }, me: {}, rank: {}, tab: { state: true }, coming: { state: true }, notes: { state: true }, verdict: { state: true } };

  static ticks = true;

  static styles = [look, sheet, css`
    article { display: grid; gap: 12px; }
    .who { font-size: 1.45rem; font-weight: 700; }
    ul { list-style: none; margin: 0; padding: 0; } li { border-top: 1px solid var(--line); padding: 8px 0; }
    li button, .row > button { min-height: 64px; } li input { flex: 1 1 200px; min-height: 64px; }
    .what { font-weight: 700; }
  `];

  constructor() {
    super();
    this.tab = 'posts';
    this.coming = '';
    this.notes = {};
  }

  render() {
    return html`<section class="sheet"><header><h1 class="grow">${t('duty.title')}</h1>${this.said()}
        <div class="chips" role="group" aria-label=${t('duty.tabs')}>${TABS.map((tab) => html`<button aria-pressed=${String(this.tab === tab)} @click=${() => { this.tab = tab; }}>${t(`duty.tab_${tab}`)}</button>`)}</div></header>
      <div class="scroll">${this.body()}</div></section>`;
  }

  body() {
    if (this.tab === 'selftest') return html`<mw-chain .state=${this.state}></mw-chain>`;
    if (this.tab === 'drill') return html`<mw-drill .state=${this.state} .rank=${this.rank}></mw-drill>`;
    if (this.tab === 'tablet') return html`<mw-tablet .state=${this.state} .rank=${this.rank} .me=${this.me}></mw-tablet>`;
    return (this.state.duty ?? []).map((post) => this.post(post));
  }

  post(post) {
    const mine = post.guard === this.me;
    return html`<article class="panel"><div class="row"><h2>${t('duty.post', { post: find(`post.${post.post}`) ?? post.post })}</h2>
        <span class="who grow">${post.guard ? nameOf(post.guard) : t('duty.nobody')}</span>
        ${post.since_s ? html`<span class="dim">${t('duty.since', { ago: ago(post.since_s) })}</span>` : nothing}</div>
      ${post.guard ? nothing : html`<button class="primary good" @click=${() => { this.say('begin-duty'); this.send(post, 'start'); }}>${t('duty.start')}</button>`}
      ${mine && !post.handover ? html`<div class="row"><label class="grow"><span>${t('duty.to')}</span><input name="to" maxlength="64" autocomplete="off" @input=${(e) => { this.coming = e.target.value.trim(); }}></label>
        <button ?disabled=${!this.coming} @click=${() => this.send(post, 'offer', { to: this.coming })}>${t('duty.offer')}</button></div>` : nothing}
      ${post.handover ? this.handover(post, mine) : nothing}</article>`;
  }

  handover(post, mine) {
    const { from, to, items, signed } = post.handover;
    const comes = to === this.me;
    const left = items.filter((item) => !item.taken).length;
    const may = (mine || comes) && !signed.includes(this.me);
    return html`<p>${t('duty.handing_over', { from: nameOf(from), to: nameOf(to) })} ${signed.map((name) => html`<span class="tag ok">${t('duty.signed_by', { name: nameOf(name) })}</span> `)}</p>
      <ul>${items.map((item) => html`<li class="row"><span class="grow"><span class="what">${kindText(item.kind)}</span> · ${item.place}</span>
        ${item.taken ? html`<span class="tag ok">${t('duty.taken')}</span>`
    : comes ? html`<input maxlength="200" aria-label=${t('slips.note')} placeholder=${t('slips.note')} @input=${(e) => { this.notes = { ...this.notes, [item.item]: e.target.value }; }}>
          <button class="good" @click=${() => this.send(post, 'take', { item: item.item, note: this.notes[item.item] ?? '' })}>${t('duty.take')}</button>`
      : html`<span class="tag warn">${icon('warn')} ${t('duty.open')}</span>`}</li>`)}</ul>
      ${items.length ? nothing : html`<p class="dim">${t('duty.nothing_open')}</p>`}
      <div class="row">${may ? html`<mw-hold label=${t('duty.sign')} hint=${left ? t('duty.items_left', { n: left }) : t('focus.hold')} ?disabled=${left > 0} @held=${() => this.send(post, 'sign')}></mw-hold>` : nothing}
        ${mine ? html`<button class="plain" @click=${() => this.send(post, 'keep')}>${t('duty.keep')}</button>` : nothing}
        ${!mine && !comes ? html`<span class="dim">${t('duty.log_in', { name: nameOf(to) })}</span>` : nothing}</div>`;
  }

  async send(post, what, body = {}) {
    this.verdict = await act(`/v1/duty/${encodeURIComponent(post.post)}/${what}`, body);
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 8000) return nothing;
    return html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>`;
  }
}
customElements.define('mw-duty', Duty);
