/** Figures for managers (服务质量监测): limits kept, alarm rates, who cries wolf, openings, patrols, uptime; and as files. */
import { css, html, nothing } from 'lit';
import { call } from './api.js';
import { View, look, sheet } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { barsNamed, barsOver, dayAfter, monthAfter, percent, plotLook, spanText } from './plots.js';
import { kindText, localField, moment, nowS, placeOf, reasonText } from './words.js';

const PERIODS = ['day', 'month', 'quarter', 'shift'];
/** A day of the period before or after. */
const step = (period, day, by) => (period === 'month' ? monthAfter(day, by) : period === 'quarter' ? monthAfter(day, 3 * by) : dayAfter(day, by));
const FORMS = ['csv', 'xlsx', 'pdf'];

class Figures extends View {
  static properties = {
    state: { attribute: false }, shown: { type: Boolean }, period: { state: true }, day: { state: true }, shift: { state: true }, shifts: { state: true },
    report: { state: true }, error: { state: true }, busy: { state: true },
  };

  static styles = [look, sheet, plotLook, css`
    .tools { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; } .tools button, .tools select, .tools input { min-height: 56px; } .tools input { width: 180px; } .tools a.button { min-height: 56px; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 12px; }
    .tile { border: 1px solid var(--line); border-left: 6px solid var(--line); border-radius: 10px; padding: 8px 14px; background: var(--raised); display: grid; } .tile b { font-size: 1.7rem; font-variant-numeric: tabular-nums; } .tile.ok { border-left-color: var(--ok); } .tile.bad { border-left-color: var(--bad); } .tile.warn { border-left-color: var(--warn); }
    .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 20px; } .all { display: grid; gap: 20px; grid-template-columns: minmax(0, 1fr); } h2 { margin-bottom: 8px; } td.num, th.num { text-align: right; } .wide { overflow-x: auto; }
  `];

  constructor() {
    super();
    this.period = 'day';
    this.shift = 0;
  }

  load() {
    if (!this.day) this.day = localField(nowS()).slice(0, 10);
    return this.find();
  }

  query() {
    const query = new URLSearchParams({ period: this.period, day: this.day });
    if (this.period === 'shift') query.set('shift', this.shift);
    return query;
  }

  async find() {
    this.busy = true;
    if (this.period === 'shift' && !await this.findShifts()) return;
    const none = this.period === 'shift' && !this.shift;
    const asked = none ? Promise.resolve({ ok: true, data: null }) : call('GET', `/v1/figures?${this.query()}`);
    const reply = await this.newest('report', asked);
    if (!reply) return;
    this.busy = false;
    this.report = reply.ok ? reply.data : null;
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
  }

  /** Whether they were the newest question. */
  async findShifts() {
    const reply = await this.newest('report', call('GET', `/v1/figures/shifts?day=${this.day}`));
    if (!reply) return false;
    this.shifts = reply.ok ? reply.data.shifts : [];
    if (!this.shifts.some((one) => one.shift === this.shift)) this.shift = this.shifts.at(-1)?.shift ?? 0;
    return true;
  }

  set(name, value) {
    this[name] = value;
    this.find();
  }

  render() {
    const ready = this.report && !this.busy;
    return html`<section class="panel sheet" aria-label=${t('view.figures')}>
      <header><h1 class="grow">${t('figures.title')}</h1><div class="tools">${ready ? FORMS.map((form) => html`<a class="button" href="/v1/figures.${form}?${this.query()}" download>${t('figures.file', { form: form.toUpperCase() })}</a>`) : nothing}</div></header>
      <div class="tools"><div class="chips" role="group" aria-label=${t('figures.period')}>${PERIODS.map((name) => html`<button aria-pressed=${String(this.period === name)} @click=${() => this.set('period', name)}>${t(`figures.${name}`)}</button>`)}</div>
        <button aria-label=${t('figures.before')} @click=${() => this.set('day', step(this.period, this.day, -1))}>◀</button>
        <input type="date" aria-label=${t('review.day')} .value=${this.day ?? ''} @change=${(e) => e.target.value && this.set('day', e.target.value)}>
        <button aria-label=${t('figures.after')} @click=${() => this.set('day', step(this.period, this.day, 1))}>▶</button>
        ${this.period === 'shift' && this.shifts?.length ? html`<select aria-label=${t('figures.shift')} .value=${String(this.shift)} @change=${(e) => this.set('shift', Number(e.target.value))}>${this.shifts.map((one) => html`<option value=${one.shift} ?selected=${one.shift === this.shift}>${one.guard} ${moment(one.from_s)}</option>`)}</select>` : nothing}
        <span class="grow dim" role="status">${this.busy ? t('figures.busy') : this.report?.span.name ?? ''}</span></div>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label=${t('figures.title')}>${this.report ? this.all(this.report) : this.busy ? nothing : html`<p class="dim">${t('figures.none')}</p>`}</div></section>`;
  }

  all(r) {
    return html`<div class="all">${this.tiles(r)}${this.limits(r)}
      <div class="pair"><div><h2>${t('figures.by_hour')}</h2>${barsOver(r.hours, t('figures.by_hour'), (name) => String(Number(name)))}</div>
        ${r.days.length > 1 ? html`<div><h2>${t('figures.by_day')}</h2>${barsOver(r.days, t('figures.by_day'), (name) => String(Number(name.slice(8))))}</div>` : nothing}</div>
      ${this.sources(r)}
      <div class="pair">${this.named('figures.hand_reasons', r.openings.hand_reasons, (name) => reasonText(name) || t('figures.no_reason'))}
        ${this.named('figures.hand_places', r.openings.hand_places, (name) => placeOf(name) || name)}
        ${this.named('figures.hand_people', r.openings.hand_people, (name) => name)}
        ${this.named('figures.granted', r.openings.granted_reasons, (name) => reasonText(name))}</div>
      ${this.equipment(r)}
      ${r.drills ? html`<p class="dim">${t('figures.drills', { n: r.drills })}</p>` : nothing}</div>`;
  }

  tiles(r) {
    const { rates, openings, patrols, watches } = r;
    return html`<div class="tiles">
      ${tile('figures.kept', percent(r.kept), mark(r.kept, 0.95, 0.8))}
      ${tile('figures.alarms', rates.alarms, '', t('figures.alarms_words', rates))}
      ${tile('figures.rate', rates.per_guard_hour === null ? '—' : rates.per_guard_hour.toFixed(2), rates.per_guard_hour === null ? '' : rates.per_guard_hour > 12 ? 'bad' : rates.per_guard_hour > 6 ? 'warn' : 'ok', t('figures.rate_words', { h: rates.guard_hours.toFixed(1) }))}
      ${tile('figures.false', percent(rates.false_share), rates.false_share > 0.5 ? 'bad' : rates.false_share > 0.2 ? 'warn' : '')}
      ${tile('figures.flood', t('plots.min', { n: rates.flood_min.toFixed(1) }), rates.flood_share > 0.01 ? 'bad' : 'ok', t('figures.peak', { n: rates.peak }))}
      ${tile('figures.by_hand', openings.by_hand, '', percent(openings.by_hand_share))}
      ${tile('figures.patrol', percent(patrols.completion), mark(patrols.completion, 1, 0.9), t('figures.patrol_words', patrols))}
      ${tile('figures.watch', percent(watches.kept), mark(watches.kept, 1, 0.9), t('figures.watch_words', watches))}
      ${tile('figures.uptime', percent(r.uptime), mark(r.uptime, 0.98, 0.95))}</div>`;
  }

  limits(r) {
    return html`<div class="wide"><h2>${t('figures.limits')}</h2><table><thead><tr>${['class', 'clock', 'limit', 'in_time', 'late', 'waiting', 'share', 'p50', 'p95', 'longest'].map((key, at) => html`<th class=${at > 1 ? 'num' : ''}>${t(`figures.${key}`)}</th>`)}</tr></thead>
      <tbody>${r.responses.map((one) => html`<tr><td>${t(`figures.class_${one.priority}`)}</td><td>${t(`figures.clock_${one.clock}`)}</td>
        ${[spanText(one.limit_s), one.within, one.late ? html`<span class="late">${icon('warn')} ${one.late}</span>` : 0, one.waiting, percent(one.kept), spanText(one.p50_s), spanText(one.p95_s), spanText(one.longest_s)].map((cell) => html`<td class="num">${cell}</td>`)}</tr>`)}</tbody></table></div>`;
  }

  sources(r) {
    if (!r.sources.length) return nothing;
    return html`<div class="wide"><h2>${t('figures.sources')}</h2><table><thead><tr><th>${t('figures.source')}</th><th>${t('figures.kind')}</th>${['alarms', 'occurrences', 'handled', 'false_n', 'false'].map((key) => html`<th class="num">${t(`figures.${key}`)}</th>`)}</tr></thead>
      <tbody>${r.sources.map((one) => html`<tr><td><b>${one.place || placeOf(one.source) || one.source}</b></td><td>${kindText(one.kind)}</td><td class="num">${one.alarms}</td><td class="num">${one.occurrences}</td><td class="num">${one.handled}</td><td class="num">${one.false}</td>
        <td class="num ${one.wolf ? 'late' : ''}">${one.wolf ? html`${icon('warn')} ${t('figures.wolf')} ` : nothing}${percent(one.false_share)}</td></tr>`)}</tbody></table></div>`;
  }

  named(key, counts, label) {
    return counts.length ? html`<div><h2>${t(key)}</h2>${barsNamed(counts, label)}</div>` : nothing;
  }

  equipment(r) {
    if (!r.equipment.length) return nothing;
    return html`<div class="wide"><h2>${t('figures.uptime')}</h2><table><tbody>${r.equipment.map((one) => html`<tr><td><b>${placeOf(one.device) || one.name}</b> <span class="dim small">${one.name}</span></td><td class="num">${percent(one.uptime)}</td><td class="num">${t('figures.losses', { n: one.losses })}</td></tr>`)}</tbody></table></div>`;
  }
}
customElements.define('mw-figures', Figures);

const tile = (key, value, tone = '', words = '') => html`<div class="tile ${tone}"><span class="dim small">${t(key)}</span><b>${value}</b>${words ? html`<span class="dim small">${words}</span>` : nothing}</div>`;
const mark = (share, fine, bad) => (share === null ? '' : share >= fine ? 'ok' : share < bad ? 'bad' : 'warn');
