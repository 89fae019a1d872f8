/** The patrol (电子巡更): rounds that are due or under way, scanning, the track on a plan, rounds of a day; reports beside it. */
import { css, html, nothing } from 'lit';
import { act, call } from './api.js';
import { View, look, sheet } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { sitePlan } from './photo.js';
import { keepScan, sendScans, waiting } from './scans.js';
import { clock, localField, nameOf, nowS, verdictText } from './words.js';
import './plan.js';
import './reasons.js';
import './report.js';
import './scanner.js';

const ABOVE = ['supervisor', 'admin'];
const END_REASONS = ['weather', 'called_away', 'blocked_way'];
const MARKS = { done: 'ok', late: 'warn', missed: 'bad', aborted: 'bad', started: '', due: '' };

class Patrol extends View {
  static refreshes = 5000;

  static ticks = true;

  static properties = {
    state: { attribute: false }, shown: { type: Boolean }, rank: {}, me: {}, tab: { state: true }, plan: { state: true }, day: { state: true },
    past: { state: true }, chosen: { state: true }, ending: { state: true }, reason: { state: true }, verdict: { state: true }, error: { state: true },
  };

  static styles = [look, sheet, css`
    .tabs button { min-height: 64px; min-width: 120px; }
    .two { display: grid; grid-template-columns: minmax(0, 3fr) minmax(320px, 2fr); gap: 18px; flex: 1; min-height: 0; }
    .two > * { overflow: auto; min-height: 0; display: grid; gap: 12px; align-content: start; padding: 3px; }
    article { border: 1px solid var(--line); border-left: 6px solid var(--dim); border-radius: 10px; padding: 12px 14px; display: grid; gap: 8px; background: var(--raised); }
    article.late { border-left-color: var(--warn); } article.under { border-left-color: var(--ok); }
    .fields a.button { justify-content: center; } .title { font-size: 1.35rem; font-weight: 700; }
    ol { list-style: none; margin: 0; padding: 0; } li { border-top: 1px solid var(--line); padding: 8px 0; display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
    .n { display: inline-grid; place-items: center; width: 34px; height: 34px; border-radius: 50%; border: 2px solid var(--dim); font-weight: 800; flex: none; } .n.ok { background: var(--ok); border-color: var(--ok); color: #06160d; } .n.late { background: var(--warn); border-color: var(--warn); color: #211700; }
    .place { font-weight: 600; font-size: 1.1rem; } .rows button { width: 100%; text-align: left; display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; min-height: 64px; margin-bottom: 8px; font-weight: 500; }
    @media (max-width: 900px) { .two { grid-template-columns: minmax(0, 1fr); overflow: auto; display: block; } .two > * { overflow: visible; } .two > * + * { margin-top: 18px; } }
  `];

  constructor() {
    super();
    this.tab = 'rounds';
  }

  async load() {
    this.plan = await sitePlan() ?? this.plan;
    this.error = this.plan ? '' : t('offline');
    await this.flush();
    if (this.tab === 'past') await this.loadDay();
  }

  async loadDay() {
    this.day ??= localField(nowS()).slice(0, 10);
    const reply = await this.newest('day', call('GET', `/v1/patrol/rounds?day=${this.day}`));
    if (!reply) return;
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
    if (reply.ok) this.past = reply.data.rounds;
  }

  get rounds() {
    return this.state.patrol?.rounds ?? [];
  }

  render() {
    const left = waiting().length;
    return html`<section class="panel sheet" aria-label=${t('view.patrol')}>
      <header><h1>${t('view.patrol')}</h1><div class="row tabs" role="group" aria-label=${t('view.patrol')}>${['rounds', 'report', 'past'].map((tab) => html`
        <button aria-pressed=${String(this.tab === tab)} @click=${() => this.show(tab)}>${t(`patrol.tab_${tab}`)}</button>`)}</div>
        ${left ? html`<span class="tag warn">${icon('warn')} ${t('patrol.unsent', { n: left })}</span>` : nothing}${this.said()}</header>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}
      ${this.tab === 'rounds' ? this.now() : nothing}
      <mw-report class="scroll" ?hidden=${this.tab !== 'report'} .state=${this.state} .plan=${this.plan} .rank=${this.rank}></mw-report>
      ${this.tab === 'past' ? this.before() : nothing}</section>`;
  }

  show(tab) {
    this.tab = tab;
    this.chosen = '';
    if (tab === 'past') this.loadDay();
  }

  now() {
    const shown = this.rounds.find((one) => one.id === this.chosen) ?? this.rounds.find((one) => one.guard === this.me) ?? this.rounds[0];
    return html`<div class="two"><div tabindex="0" role="region" aria-label=${t('patrol.tab_rounds')}>${this.rounds.length ? this.rounds.map((one) => this.round(one)) : html`<p class="dim">${t('patrol.none')}</p>`}</div>
      <div><mw-scanner @scanned=${this.scanned}></mw-scanner>${shown ? this.track(shown) : nothing}</div></div>`;
  }

  round(one) {
    const begun = one.started_s !== null;
    const mine = one.guard === this.me;
    const late = !begun && (one.late || one.due_s < nowS());
    const open = one.points.some((point) => point.required && !point.visit);
    return html`<article class=${begun ? 'under' : late ? 'late' : ''}><div class="row"><span class="title grow">${one.title}</span>
        <span class="tag ${late ? 'warn' : begun ? 'ok' : ''}">${late ? icon('warn') : nothing} ${begun ? t('patrol.under_way', { name: nameOf(one.guard) }) : late ? t('patrol.late', { at: clock(one.due_s) }) : t('patrol.due', { at: clock(one.due_s) })}</span></div>
      <div class="dim">${t('patrol.until', { at: clock(one.until_s) })} · ${t(`patrol.order_${one.order}`)}</div>
      <ol>${one.points.map((point, n) => this.point(point, n + 1))}</ol>
      <div class="row">${begun ? nothing : html`<button class="primary good" ?disabled=${one.may_start_s > nowS()} @click=${() => this.send(one, 'start')}>${t('patrol.start')}</button>`}
        ${(begun && (mine || this.inherits(one))) || ABOVE.includes(this.rank) ? html`<button class=${open || !begun ? 'plain' : 'primary good'} aria-expanded=${String(this.ending === one.id)} @click=${() => this.end(one, open || !begun)}>${t(open || !begun ? 'patrol.give_up' : 'patrol.finish')}</button>` : nothing}</div>
      ${this.ending === one.id ? html`<mw-reasons .keys=${END_REASONS} label=${t('patrol.why')} @reason=${(e) => { this.reason = e.detail; }}></mw-reasons>
        <button class="bad" ?disabled=${!this.reason} @click=${() => this.send(one, 'end', { reason: this.reason })}>${t('patrol.give_up_now')}</button>` : nothing}</article>`;
  }

  /** A round of somebody who has gone home is ended by whoever is on duty. */
  inherits(one) {
    const guards = (this.state.duty ?? []).map((post) => post.guard);
    return guards.includes(this.me) && !guards.includes(one.guard);
  }

  point(point, n) {
    const { visit } = point;
    const tone = visit ? (visit.off_s || !visit.in_order || visit.doubtful ? 'late' : 'ok') : point.late ? 'late' : '';
    const notes = visit ? [t(`proof.${visit.proof}`), visit.offline && t('patrol.offline'), visit.off_s && t(visit.off_s > 0 ? 'patrol.too_late' : 'patrol.too_early'), !visit.in_order && t('patrol.out_of_order'), visit.doubtful && t(`patrol.${visit.doubtful}`)] : [];
    return html`<li><span class="n ${tone}">${n}</span><span class="place grow">${point.place}${point.required ? '' : ` ${t('patrol.optional')}`}</span>
      ${visit ? html`<span class="num">${icon('check')} ${clock(visit.at_s)}</span><span class="small dim">${notes.filter(Boolean).join(' · ')}</span>`
    : point.late ? html`<span class="tag warn">${icon('warn')} ${t('patrol.missing')}</span>` : point.due_s ? html`<span class="dim num">${t('patrol.due', { at: clock(point.due_s) })}</span>` : nothing}</li>`;
  }

  /** The round on the plans that its points stand on. */
  track(round) {
    const spots = new Map((this.plan?.points ?? []).filter((one) => one.map && one.at).map((one) => [one.name, one]));
    const marks = round.points.map(({ point, place, visit, late }, n) => ({ ...spots.get(point), place, label: n + 1, at_s: visit?.at_s, tone: visit ? 'ok' : late ? 'late' : 'open' })).filter((mark) => mark.at);
    return [...new Set(marks.map((mark) => mark.map))].map((name) => {
      const title = this.plan.maps.find((one) => one.name === name)?.title ?? name;
      return html`<h2>${round.title} · ${title}</h2><mw-plan .name=${name} .title=${t('patrol.track', { title: round.title })} .marks=${marks.filter((mark) => mark.map === name)}></mw-plan>`;
    });
  }

  before() {
    const shown = (this.past ?? []).find((one) => one.id === this.chosen);
    return html`<div class="two"><div><div class="fields"><label><span>${t('patrol.day')}</span><input type="date" .value=${this.day ?? ''} @change=${(e) => { this.day = e.target.value; this.chosen = ''; this.loadDay(); }}></label>
        ${ABOVE.includes(this.rank) && this.day ? html`<a class="button" href="/v1/patrol/proof?from=${this.day}&to=${this.day}" download>${t('patrol.proof')}</a>` : nothing}</div>
      <div class="rows">${this.past?.length ? this.past.map((one) => html`<button aria-pressed=${String(this.chosen === one.id)} @click=${() => { this.chosen = one.id; }}>
        <b class="num">${clock(one.due_s)}</b><span class="grow">${one.title} ${one.guard ? nameOf(one.guard) : ''}</span><span class="num">${one.points.filter((p) => p.visit).length}/${one.points.length}</span>
        <span class="tag ${MARKS[one.state] ?? ''}">${t(`patrol.state_${one.state}`)}${one.made_good ? ` · ${t('patrol.made_good')}` : ''}</span></button>`) : html`<p class="dim">${t('patrol.none_that_day')}</p>`}</div></div>
      <div>${shown ? html`<ol>${shown.points.map((point, n) => this.point({ ...point, late: !point.visit && shown.state === 'missed' }, n + 1))}</ol>${shown.reason ? html`<p>${shown.reason}</p>` : nothing}${this.track(shown)}` : nothing}</div></div>`;
  }

  scanned({ detail }) {
    if (!keepScan(detail.code, detail.how, this.me)) this.verdict = { ok: false, reason: 'scans_full', at_ms: Date.now() };
    this.requestUpdate();
    this.flush();
  }

  async flush() {
    const verdict = await sendScans(this.me);
    if (verdict) this.verdict = verdict;
    else if (waiting().length) this.requestUpdate();
  }

  end(one, needsReason) {
    this.reason = '';
    if (needsReason) this.ending = this.ending === one.id ? '' : one.id;
    else this.send(one, 'end');
  }

  async send(one, what, body = {}) {
    this.verdict = await act(`/v1/patrol/rounds/${encodeURIComponent(one.id)}/${what}`, body);
    if (this.verdict.ok && what === 'end') this.ending = '';
  }

  said() {
    const v = this.verdict;
    if (!v || Date.now() - v.at_ms > 12000) return nothing;
    return html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>`;
  }
}
customElements.define('mw-patrol', Patrol);
