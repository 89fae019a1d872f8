/** The equipment ledger: what there is, how it does, what is due. What needs a hand comes first. */
import { css, html, nothing } from 'lit';
import { act, call } from './api.js';
import { View, look, sheet } from './base.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { placeOf, verdictText } from './words.js';

const KEEPERS = ['supervisor', 'admin'];

class Equipment extends View {
  static refreshes = 20000;

  static properties = { state: { attribute: false }, rank: {}, shown: { type: Boolean }, ledger: { state: true }, error: { state: true }, noting: { state: true }, verdict: { state: true } };

  static styles = [look, sheet, css`
    .tile { padding: 4px 18px; border: 1px solid var(--line); border-radius: 10px; } .tile b { font-size: 1.5rem; } .tile.warn b { color: var(--warn); } .tile.bad b { color: var(--bad); }
    ul { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 10px; }
    li { border: 1px solid var(--line); border-left: 6px solid var(--ok); border-radius: 10px; padding: 10px 14px; background: var(--raised); }
    li.bad { border-left-color: var(--bad); } li.warn { border-left-color: var(--warn); } li.none { border-left-color: var(--dim); }
    .name { font-weight: 700; } .state { font-weight: 700; color: var(--ok); } .bad .state { color: var(--bad); } .warn .state { color: var(--warn); } .none .state { color: var(--dim); }
    .warning { color: var(--warn); } meter { width: 100%; height: 10px; }
  `];

  async load() {
    const reply = await this.newest('ledger', call('GET', '/v1/equipment'));
    if (!reply) return;
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
    if (reply.ok) this.ledger = reply.data;
  }

  render() {
    const all = [...(this.ledger?.equipment ?? [])].sort((a, b) => rank(a) - rank(b));
    const broken = all.filter((one) => tone(one) === 'bad').length;
    const due = all.filter((one) => one.overdue).length;
    const warned = all.filter((one) => warnings(one).length).length;
    const rate = this.ledger?.uptime;
    return html`<section class="panel sheet" aria-label=${t('view.equipment')}>
      <header><h1 class="grow">${t('view.equipment')}</h1>
        ${rate === null || rate === undefined ? nothing : html`<span class="tile">${t('equipment.rate')} <b>${percent(rate)}</b></span>`}
        ${this.ledger ? html`<span class="tile ${broken ? 'bad' : ''}">${t('equipment.broken')} <b>${broken}</b></span>
          <span class="tile ${warned ? 'warn' : ''}">${t('equipment.warned')} <b>${warned}</b></span>
          <span class="tile ${due ? 'warn' : ''}">${t('equipment.due')} <b>${due}</b></span>` : nothing}</header>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label=${t('equipment.ledger')}>${all.length ? html`<ul>${all.map((one) => this.one(one))}</ul>` : this.ledger ? html`<p class="dim">${t('equipment.none')}</p>` : nothing}</div></section>`;
  }

  one(one) {
    const mark = tone(one);
    return html`<li class=${mark}><div class="row"><span class="name grow">${placeOf(one.device) || one.name}</span>
        <span class="state">${mark === 'bad' ? icon('warn') : nothing} ${t(`equipment.state_${one.up === null ? 'unknown' : one.up ? 'up' : 'down'}`)}</span></div>
      <div class="small dim">${[one.name, one.brand, one.model, one.serial].filter(Boolean).join(' · ')}</div>
      ${one.uptime === null ? nothing : html`<div class="row small"><span>${t('equipment.uptime')} ${percent(one.uptime)}</span><span class="grow"><meter min="0" max="1" low="0.95" high="0.99" optimum="1" value=${one.uptime} aria-label=${t('equipment.uptime')}></meter></span></div>`}
      ${one.maintenance_due ? html`<div class="small ${one.overdue ? 'late' : ''}">${one.overdue ? icon('tools') : nothing} ${t(one.overdue ? 'equipment.overdue' : 'equipment.next', { at: one.maintenance_due })}</div>` : nothing}
      ${warnings(one).map((warning) => html`<div class="warning">${icon('warn')} ${warning[language()]}</div>`)}
      ${KEEPERS.includes(this.rank) ? this.care(one) : nothing}</li>`;
  }

  /** What was done, noted by whoever answers for the equipment. */
  care(one) {
    if (this.noting !== one.name) return html`<button class="plain small" @click=${() => { this.noting = one.name; this.verdict = null; }}>${t('equipment.note')}</button>`;
    return html`<form class="fields" @submit=${(e) => { e.preventDefault(); this.note(one, Object.fromEntries(new FormData(e.target))); }}>
      <label><span>${t('equipment.by')}</span><input name="by" required maxlength="80"></label><label><span>${t('equipment.work')}</span><input name="work" required maxlength="200"></label>
      <button class="good">${t('equipment.note_now')}</button><button type="button" class="plain" @click=${() => { this.noting = ''; }}>${t('cancel')}</button></form>
      ${this.verdict && !this.verdict.ok ? html`<p class="verdict no" role="alert">${verdictText(this.verdict)}</p>` : nothing}`;
  }

  async note(one, given) {
    this.verdict = await act(`/v1/equipment/${encodeURIComponent(one.name)}/maintenance`, given);
    if (!this.verdict.ok) return;
    this.noting = '';
    this.load();
  }
}
customElements.define('mw-equipment', Equipment);

const percent = (ratio) => `${(Math.floor(ratio * 1000) / 10).toFixed(1)}%`;
/** That maintenance is due has a line of its own. */
const warnings = (one) => one.warnings.filter((warning) => warning.kind !== 'maintenance');
const rank = (one) => ({ bad: 0, warn: 1, none: 2 })[tone(one)] ?? 3;

function tone(one) {
  if (one.up === false) return 'bad';
  if (one.warnings.length) return 'warn';
  return one.up === null ? 'none' : '';
}
