/** The equipment ledger: what there is, how it does, what is due. What needs a hand comes first. */
import { css, html, nothing } from 'lit';
import { call } from './api.js';
import { Part, look, sheet } from './base.js';
import { icon } from './icons.js';
import { find, language, t } from './i18n.js';
import { placeOf, reasonText } from './words.js';

const REFRESH_MS = 20000;
const GOOD = new Set(['up', 'ok', 'good', 'online', 'working']);

class Equipment extends Part {
  static properties = { state: { attribute: false }, shown: { type: Boolean }, ledger: { state: true }, error: { state: true } };

  static styles = [look, sheet, css`
    .tile { padding: 4px 18px; border: 1px solid var(--line); border-radius: 10px; } .tile b { font-size: 1.5rem; } .tile.warn b { color: var(--warn); } .tile.bad b { color: var(--bad); }
    ul { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 10px; }
    li { border: 1px solid var(--line); border-left: 6px solid var(--ok); border-radius: 10px; padding: 10px 14px; background: var(--raised); }
    li.bad { border-left-color: var(--bad); } li.warn { border-left-color: var(--warn); } li.none { border-left-color: var(--dim); }
    .name { font-weight: 700; } .state { font-weight: 700; color: var(--ok); } .bad .state { color: var(--bad); } .warn .state { color: var(--warn); } .none .state { color: var(--dim); }
    .warning { color: var(--warn); } meter { width: 100%; height: 10px; }
  `];

  connectedCallback() {
    super.connectedCallback();
    this.refresh = setInterval(() => { if (this.shown) this.load(); }, REFRESH_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.refresh);
  }

  updated(changed) {
    if (changed.has('shown') && this.shown) this.load();
  }

  async load() {
    const reply = await call('GET', '/v1/equipment');
    this.error = reply.ok ? '' : reply.data.error?.[language()] ?? t('offline');
    if (reply.ok) this.ledger = reply.data;
  }

  render() {
    const all = [...(this.ledger?.equipment ?? [])].sort((a, b) => rank(a) - rank(b));
    const broken = all.filter((one) => tone(one) === 'bad').length;
    const due = all.filter((one) => maintenance(one).due).length;
    const warned = all.filter((one) => warnings(one).length).length;
    const rate = this.ledger?.uptime ?? this.ledger?.uptime_ratio;
    return html`<section class="panel sheet" aria-label=${t('view.equipment')}>
      <header><h1 class="grow">${t('view.equipment')}</h1>
        ${rate === null || rate === undefined ? nothing : html`<span class="tile">${t('equipment.rate')} <b>${percent(rate)}</b></span>`}
        ${this.ledger ? html`<span class="tile ${broken ? 'bad' : ''}">${t('equipment.broken')} <b>${broken}</b></span>
          <span class="tile ${warned ? 'warn' : ''}">${t('equipment.warned')} <b>${warned}</b></span>
          <span class="tile ${due ? 'warn' : ''}">${t('equipment.due')} <b>${due}</b></span>` : nothing}</header>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label=${t('view.equipment')}>${all.length ? html`<ul>${all.map((one) => this.one(one))}</ul>` : this.ledger ? html`<p class="dim">${t('equipment.none')}</p>` : nothing}</div></section>`;
  }

  one(one) {
    const ratio = one.uptime ?? one.uptime_ratio;
    const care = maintenance(one);
    return html`<li class=${tone(one)}><div class="row"><span class="name grow">${placeOf(one.device) || one.place || one.device || one.name}</span>
        <span class="state">${tone(one) === 'bad' ? icon('warn') : nothing} ${stateText(one)}</span></div>
      <div class="small dim">${[one.device, one.brand, one.model, one.serial].filter(Boolean).join(' · ')}</div>
      ${typeof ratio === 'number' ? html`<div class="row small"><span>${t('equipment.uptime')} ${percent(ratio)}</span><span class="grow"><meter min="0" max="1" low="0.95" high="0.99" optimum="1" value=${ratio} aria-label=${t('equipment.uptime')}></meter></span></div>` : nothing}
      ${care.at ? html`<div class="small ${care.due ? 'late' : ''}">${care.due ? icon('tools') : nothing} ${t(care.due ? 'equipment.overdue' : 'equipment.next', { at: care.at })}</div>` : nothing}
      ${warnings(one).map((warning) => html`<div class="warning">${icon('warn')} ${warningText(warning)}</div>`)}</li>`;
  }
}
customElements.define('mw-equipment', Equipment);

const percent = (ratio) => `${(Math.floor(ratio * 1000) / 10).toFixed(1)}%`;
const warnings = (one) => one.warnings ?? [];
const rank = (one) => ({ bad: 0, warn: 1, none: 2 })[tone(one)] ?? 3;

function tone(one) {
  const up = one.up ?? (one.state ? (one.state === 'unknown' ? null : GOOD.has(one.state)) : null);
  if (up === false) return 'bad';
  if (warnings(one).length || maintenance(one).due) return 'warn';
  return up === null ? 'none' : '';
}

function maintenance(one) {
  const at = one.maintenance_due ?? one.due ?? one.maintenance?.due ?? '';
  return { at: String(at).slice(0, 10), due: one.overdue ?? one.maintenance?.overdue ?? false };
}

function stateText(one) {
  const state = one.state ?? (one.up === true ? 'up' : one.up === false ? 'down' : 'unknown');
  return find(`equipment.state_${state}`) ?? find(`state.${state}`) ?? find(`door.${state}`) ?? state;
}

function warningText(warning) {
  if (typeof warning === 'string') return find(`equipment.warn_${warning.split(':')[0]}`) ?? reasonText(warning, 'fault');
  return warning[language()] ?? find(`equipment.warn_${warning.kind}`) ?? warning.kind;
}
