/** The top strip: who we are, and whether what is shown can be trusted. */
import { css, html } from 'lit';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { language, setLanguage, t } from './i18n.js';
import { armed, insecure } from './arm.js';
import { unsent } from './outbox.js';
import { soundOn } from './sound.js';
import { ago, nameOf } from './words.js';

const BEHIND_WARN = 1000;
const DISK_WARN_DAYS = 7;
const DISK_WARN_MB = 1000;

class Strip extends Part {
  static properties = { state: { attribute: false }, feed: { attribute: false }, session: { attribute: false } };

  static ticks = true;

  static styles = [look, css`
    header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; padding: 8px 14px; background: var(--panel); border-bottom: 1px solid var(--line); }
    h1 { font-size: 1.2rem; white-space: nowrap; }
    .fact { white-space: nowrap; }
    .fact.bad { color: var(--bad); font-weight: 700; } .fact.warn { color: var(--warn); font-weight: 700; }
    .dot { display: inline-block; width: 14px; height: 14px; border-radius: 50%; margin-right: 8px; background: var(--warn); }
    .online .dot { background: var(--ok); } .lost .dot { background: var(--bad); border-radius: 2px; }
    .facts { flex: 1 1 0; min-width: 320px; display: flex; flex-wrap: wrap; gap: 0 14px; align-items: center; font-size: .9rem; line-height: 1.35; }
    .begin { background: var(--warn); border-color: var(--warn); color: #211700; font-weight: 800 !important; }
    .demo { background: var(--warn); color: #211700; font-weight: 800; padding: 2px 14px; border-radius: 6px; letter-spacing: .1em; }
    nav { margin-left: auto; display: flex; gap: 8px; align-items: center; }
    nav button { min-height: 44px; padding: 2px 12px; font-weight: 500; white-space: nowrap; }
    @media (max-width: 1300px) { header { font-size: .9rem; gap: 4px 13px; } } @media (max-width: 1100px) { .tail { display: none; } }
    @media (max-width: 1400px) { .who, .which { display: none; } }
  `];

  render() {
    const s = this.state;
    return html`<header>
      <h1>${s?.site.name ?? t('title')}</h1>
      ${s?.site.demo ? html`<span class="demo">${t('strip.demo')}</span>` : ''}
      <div class="facts">${this.connection()}${this.unsent()}
      ${s ? html`${this.count('strip.cameras', s.cameras)}${this.count('strip.boards', s.boards)}${this.count('strip.doors', s.doors?.map((door) => ({ ...door, up: door.state !== 'offline' })))}${this.count('strip.readers', s.readers)}${this.log(s)}
        ${s.eyes.up ? '' : html`<span class="fact bad">${icon('warn')} ${t('strip.eyes_down')}</span>`}${this.box(s)}` : ''}</div>
      <nav>
        ${this.session.by_pin ? html`<button class="plain" aria-label=${t('pin.switch', { name: nameOf(this.session.name) })} @click=${() => this.say('switch-guard')}>${icon('person')} ${nameOf(this.session.name)}</button>`
    : html`<span class="dim small who">${nameOf(this.session.name)} · ${t(`role.${this.session.role}`)}</span>`}
        ${armed() ? html`<button class="plain" aria-pressed=${String(soundOn())} aria-label=${t(soundOn() ? 'strip.sound_on' : 'strip.sound_off')} @click=${() => this.say('sound')}>${icon(soundOn() ? 'bell' : 'mute')} <span class="who">${t(soundOn() ? 'strip.sound_on' : 'strip.sound_off')}</span></button>`
    : html`<button class="begin" title=${t('arm.begin_help')} @click=${() => this.say('sound')}>${t('arm.begin')}</button>`}
        <button class="plain" @click=${() => setLanguage(language() === 'zh' ? 'en' : 'zh')}>${t('strip.language')}</button>
        <button class="plain" @click=${() => this.say('log-out')}>${t('strip.log_out')}</button>
      </nav></header>`;
  }

  connection() {
    const { condition, latencyMs, lostMs } = this.feed;
    const seconds = Math.round((Date.now() - (lostMs || this.feed.beatMs || Date.now())) / 1000);
    const words = condition === 'online' && latencyMs === null ? t('strip.online_short') : t(`strip.${condition}`, { ms: latencyMs, s: seconds });
    return html`<span class="fact ${condition} ${condition === 'lost' ? 'bad' : ''}" role="status"><i class="dot"></i>${words}</span>`;
  }

  /** What was pressed while the link was lost and has not arrived. */
  unsent() {
    const kept = unsent(this.session.name).length;
    return kept ? html`<span class="fact warn">${icon('warn')} ${t('strip.unsent', { n: kept })}</span>` : '';
  }

  /** Age of the last event, queue to the centre, room on the disk, days of the certificate: loud only when they matter. */
  box({ box = {} }) {
    const { behind, disk_days: days, disk_free_mb: freeMb, https_days: https } = box;
    const age = this.feed.eventMs ? Math.round((Date.now() - this.feed.eventMs) / 1000) : null;
    const disk = days !== null && days !== undefined ? t('strip.disk_days', { n: Math.floor(days) }) : t('strip.disk_gb', { n: (freeMb / 1000).toFixed(freeMb < 10000 ? 1 : 0) });
    return [
      age !== null && ['dim tail', t('strip.last_event', { ago: age < 60 ? t('time.s', { n: age }) : t('time.min', { n: Math.floor(age / 60) }) })],
      behind > 0 && [behind > BEHIND_WARN ? 'warn' : 'dim tail', t('strip.behind', { n: behind })],
      freeMb !== null && freeMb !== undefined && [(days ?? 999) < DISK_WARN_DAYS || freeMb < DISK_WARN_MB ? 'warn' : 'dim tail', disk],
      https !== null && https !== undefined ? [https <= 7 ? 'bad' : https <= 30 ? 'warn' : 'dim tail', t('strip.https_days', { n: Math.max(0, Math.floor(https)) })]
        : insecure() && ['warn', t('strip.no_https')],
    ].filter(Boolean).map(([tone, text]) => html`<span class="fact ${tone}">${/^(warn|bad)/.test(tone) ? icon('warn') : ''} ${text}</span>`);
  }

  count(key, all) {
    if (!all?.length) return '';
    const down = all.filter((one) => !one.up).map((one) => one.place || one.name);
    return html`<span class="fact ${down.length ? 'bad' : ''}" title=${down.join(', ')}>${down.length ? icon('warn') : ''} ${t(key)} ${all.length - down.length}/${all.length}${down.length === 1 ? html`<span class="which"> ${down[0]}</span>` : ''}</span>`;
  }

  log({ log }) {
    if (!log.ok) return html`<span class="fact bad">${icon('warn')} ${t('strip.log_bad', { n: log.pending })}</span>`;
    if (!log.last_pull_s) return html`<span class="fact dim">${t('strip.never_pulled')}</span>`;
    const [fine, pulled] = t('strip.pulled', { ago: ago(log.last_pull_s) }).split(' · ');
    return html`<span class="fact dim">${fine}<span class="tail"> · ${pulled}</span></span>`;
  }
}
customElements.define('mw-strip', Strip);
