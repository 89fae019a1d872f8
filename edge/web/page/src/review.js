/** Looking back (回放): a day's timeline by group, camera and state; a calendar with dots; marks of what one has seen. */
import { css, html, nothing } from 'lit';
import { act, call } from './api.js';
import { View, look, sheet } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { barsOver, dayAfter, plotLook, spanText } from './plots.js';
import { clock, kindText, localField, nameOf, nowS, sentence, tone } from './words.js';

const GROUPS = ['due', 'alarm', 'pass', 'hand', 'duty', 'device', 'audit'];
const STATES = ['', 'open', 'handled', 'false', 'returned'];
const KEEPERS = ['supervisor', 'admin', 'auditor'];
const LINES_MAX = 1000;

class Review extends View {
  static properties = {
    state: { attribute: false }, rank: {}, shown: { type: Boolean }, day: { state: true }, group: { state: true }, items: { state: true }, hours: { state: true },
    month: { state: true }, error: { state: true }, busy: { state: true }, only: { state: true },
  };

  static styles = [look, sheet, plotLook, css`
    .tools { display: flex; flex-wrap: wrap; gap: 10px; align-items: end; } .tools > button, .tools select, .tools input { min-height: 56px; } .tools input { width: 180px; }
    .chips button { min-height: 56px; }
    .days { display: grid; grid-template-columns: repeat(auto-fill, minmax(64px, 1fr)); gap: 12px; max-height: 34%; overflow: auto; flex: none; padding: 3px; }
    .days button { position: relative; min-height: 64px; padding: 4px; display: grid; } .days .dot { position: absolute; top: 5px; right: 5px; min-width: 14px; height: 14px; border-radius: 50%; background: var(--warn); }
    .plot { max-height: 104px; flex: none; }
    ol { list-style: none; margin: 0; padding: 0; }
    li { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 6px 14px; align-items: center; padding: 8px 0 8px 12px; border-top: 1px solid var(--line); border-left: 5px solid transparent; }
    li.bad { border-left-color: var(--bad); } li.warn { border-left-color: var(--warn); } li.ok { border-left-color: var(--ok); } li.seen { opacity: .8; }
    time { font-variant-numeric: tabular-nums; color: var(--dim); } .what { overflow-wrap: anywhere; } .acts { display: flex; flex-wrap: wrap; gap: 12px; justify-content: end; }
    .acts button, .acts a.button { min-height: 56px; min-width: 64px; padding: 4px 14px; }
    @media (max-width: 900px) { li { grid-template-columns: auto minmax(0, 1fr); } .acts { grid-column: 1 / -1; justify-content: start; } }
  `];

  constructor() {
    super();
    this.group = 'due';
    this.camera = '';
    this.alarmState = '';
  }

  stale() {
    return false;
  }

  load() {
    if (!this.day) this.day = localField(nowS()).slice(0, 10);
    return this.find();
  }

  query(more = {}) {
    const query = new URLSearchParams({ day: this.day, group: this.group, ...more });
    if (this.camera) query.set('camera', this.camera);
    if (this.alarmState) query.set('state', this.alarmState);
    if (this.only) query.set('unreviewed', 'true');
    return query;
  }

  async find() {
    this.busy = true;
    const answers = await this.newest('lines', Promise.all([call('GET', `/v1/review?${this.query()}`), call('GET', `/v1/review/hours?day=${this.day}`)]));
    if (!answers) return;
    const [lines, hours] = answers;
    this.busy = false;
    this.say_(lines);
    if (lines.ok) [this.items, this.before] = [lines.data.items, lines.data.before];
    if (hours.ok) this.hours = hours.data.hours;
  }

  async more() {
    this.busy = true;
    const reply = await this.newest('lines', call('GET', `/v1/review?${this.query({ before: this.before })}`));
    if (!reply) return;
    this.busy = false;
    this.say_(reply);
    if (reply.ok) [this.items, this.before] = [[...this.items, ...reply.data.items].slice(-LINES_MAX), reply.data.before];
  }

  say_(reply) {
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
  }

  go(day) {
    this.day = day;
    this.month = null;
    this.find();
  }

  set(name, value) {
    this[name] = value;
    this.find();
  }

  async calendar() {
    if (this.month) { this.month = null; return; }
    const reply = await call('GET', `/v1/review/calendar?day=${this.day}`);
    this.say_(reply);
    if (reply.ok) this.month = reply.data;
  }

  render() {
    const group = this.hours?.[this.group];
    return html`<section class="panel sheet" aria-label=${t('view.review')}>
      <header><h1 class="grow">${t('review.title')}</h1>${this.dates()}</header>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}
      ${this.month ? this.days() : nothing}
      <div class="tools"><div class="chips grow" role="group" aria-label=${t('review.group')}>${GROUPS.map((name) => html`<button aria-pressed=${String(this.group === name)} @click=${() => this.set('group', name)}>${t(`review.group_${name}`)}</button>`)}</div>
        <label><span>${t('review.camera')}</span><select @change=${(e) => this.set('camera', e.target.value)}><option value="">${t('events.all')}</option>${(this.state?.cameras ?? []).map((one) => html`<option value=${one.name}>${one.place || one.name}</option>`)}</select></label>
        <label><span>${t('review.state')}</span><select @change=${(e) => this.set('alarmState', e.target.value)}>${STATES.map((name) => html`<option value=${name}>${t(name ? `review.state_${name}` : 'events.all')}</option>`)}</select></label>
        <button aria-pressed=${String(!!this.only)} @click=${() => this.set('only', !this.only)}>${t('review.unreviewed')}</button></div>
      ${group ? barsOver(group.map((n, at) => ({ name: String(at), n })), t('review.hours')) : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label=${t('review.lines')}>${this.lines()}</div></section>`;
  }

  dates() {
    return html`<div class="tools"><button aria-label=${t('review.before')} @click=${() => this.go(dayAfter(this.day, -1))}>◀</button>
      <input type="date" aria-label=${t('review.day')} .value=${this.day ?? ''} @change=${(e) => e.target.value && this.go(e.target.value)}>
      <button aria-label=${t('review.after')} @click=${() => this.go(dayAfter(this.day, 1))}>▶</button>
      <button aria-pressed=${String(!!this.month)} @click=${() => this.calendar()}>${t('review.calendar')}</button></div>`;
  }

  days() {
    return html`<div class="days" role="group" aria-label=${t('review.calendar')}>${this.month.days.map((one) => html`<button aria-pressed=${String(one.day === this.day)}
      title=${t('review.day_words', { day: one.day, due: one.due, unseen: one.unreviewed })} @click=${() => this.go(one.day)}><b>${Number(one.day.slice(8))}</b><span class="small dim">${one.due || ''}</span>${one.unreviewed ? html`<i class="dot" role="img" aria-label=${t('review.left', { n: one.unreviewed })}></i>` : nothing}</button>`)}</div>`;
  }

  lines() {
    if (!this.items) return nothing;
    if (!this.items.length && !this.before) return html`<p class="dim">${t('review.none')}</p>`;
    const unseen = this.items.filter((one) => !one.reviewed && due(one));
    return html`${unseen.length ? html`<div class="row"><span class="grow dim">${t('review.left', { n: unseen.length })}</span><button class="good" @click=${() => this.mark(unseen)}>${t('review.mark_all')}</button></div>` : nothing}
      <ol>${this.items.map((one) => this.line(one))}</ol>
      ${this.before ? html`<button class="primary" ?disabled=${this.busy} @click=${() => this.more()}>${t('review.more')}</button>` : nothing}`;
  }

  line(one) {
    const s = sentence(one);
    const { alarm } = one;
    const mark = alarm ? (alarm.state === 'open' ? 'bad' : alarm.state === 'false' ? 'warn' : 'ok') : tone(one);
    return html`<li class="${mark} ${one.reviewed ? 'seen' : ''}"><time>${clock(one.at_s)}</time>
      <div class="what">${s.place || one.body.place ? html`<span class="dim">${s.place || one.body.place}</span> ` : nothing}${s.plate ? html`<b>${s.plate}</b> ` : nothing}${alarm ? html`<b>${kindText(one.body.kind)}</b>` : s.what}
        ${alarm ? html`<span class="tag ${mark}">${t(`review.state_${alarm.state}`)}</span>` : nothing}${alarm?.drill ? html` <span class="tag warn">${t('review.drill')}</span>` : nothing}
        <div class="small dim">${[s.who, s.details, alarm ? this.story(alarm) : nameOf(s.actor)].filter(Boolean).join(' · ')}</div></div>
      <div class="acts">${one.faces.map((sha) => html`<button @click=${() => this.open(`${sha}?opened=true`, s.what)}>${icon('face')} ${t('review.face')}</button>`)}
        ${s.picture ? html`<button @click=${() => this.open(s.picture, s.plate || s.what)}>${t('review.picture')}</button>` : nothing}
        ${KEEPERS.includes(this.rank) ? html`<a class="button" href="/v1/evidence/${one.seq}" download>${t('review.bundle')}</a>` : nothing}
        ${!due(one) ? nothing : one.reviewed ? html`<span class="tag ok">${t('review.seen')}</span>` : html`<button class="good" @click=${() => this.mark([one])}>${t('review.mark')}</button>`}</div></li>`;
  }

  story(alarm) {
    return [nameOf(alarm.by), alarm.taken_s === null ? '' : t('review.taken', { s: spanText(alarm.taken_s) }), alarm.closed_s === null ? '' : t('review.closed', { s: spanText(alarm.closed_s) }),
      alarm.count > 1 ? t('review.times', { n: alarm.count }) : '', alarm.note].filter(Boolean).join(' · ');
  }

  /** A stranger's face opens only here, by a tap, and the gateway writes down who looked. */
  open(sha, text) {
    this.say('enlarge', { sha, text });
  }

  async mark(lines) {
    const seqs = lines.map((one) => one.seq);
    for (let at = 0; at < seqs.length; at += 500) {
      const verdict = await act('/v1/review/marks', { day: this.day, seqs: seqs.slice(at, at + 500) });
      if (!verdict.ok) { this.error = verdict.error?.[language()] ?? t('offline'); return; }
    }
    const seen = new Set(seqs);
    this.items = this.items.map((one) => (seen.has(one.seq) ? { ...one, reviewed: true } : one));
    this.month = null;
  }
}
customElements.define('mw-review', Review);

const DUE = new Set(['alarm.opened', 'operator.opened', 'operator.unlocked', 'operator.held', 'access.denied', 'access.duress', 'access.passback', 'slip.refused', 'report.made']);
/** What somebody should look at; the gateway counts the same kinds for the calendar's dots. */
const due = (one) => DUE.has(one.kind);
