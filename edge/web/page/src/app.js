/** The page: log-in or the guard's desk; holds the state and hands it down. */
import { css, html, nothing } from 'lit';
import { act, call, logOut, onLoggedOut, resume } from './api.js';
import { Part, look } from './base.js';
import { LiveFeed } from './feed.js';
import { icon } from './icons.js';
import { language, t } from './i18n.js';
import { armSound, beep } from './sound.js';
import { setClock, setKinds, setPlaces, verdictText } from './words.js';
import './login.js';
import './account.js';
import './strip.js';
import './focus.js';
import './alarms.js';
import './lanes.js';
import './events.js';
import './viewer.js';

const EVENTS_MAX = 200;
const DESK_ROLES = ['guard', 'supervisor', 'admin'];

class App extends Part {
  static properties = {
    session: { state: true }, state: { state: true }, events: { state: true }, target: { state: true },
    picture: { state: true }, notice: { state: true }, starting: { state: true }, fireVerdict: { state: true },
  };

  static styles = [look, css`
    :host { height: 100dvh; }
    .desk { height: 100%; display: grid; grid-template-rows: auto auto minmax(0, 1fr); }
    main { display: grid; grid-template-columns: minmax(0, 2fr) minmax(330px, 1fr); gap: var(--gap); padding: var(--gap); min-height: 0; }
    .left, .right { display: flex; flex-direction: column; gap: var(--gap); min-height: 0; min-width: 0; }
    .left { overflow: auto; } .left mw-focus { flex: 1 0 auto; min-height: 420px; } .left mw-alarms { flex: 0 0 auto; max-height: max(150px, 30%); }
    .right mw-events { flex: 1 1 260px; } .right mw-lanes { flex: 0 1 auto; overflow: auto; }
    .fire { background: #b3160f; color: #fff; padding: 14px 20px; font-size: 1.5rem; font-weight: 800; }
    .fire .small { font-size: 1rem; font-weight: 500; }
    .banner { background: var(--warn-deep); border-bottom: 2px solid var(--warn); padding: 8px 16px; font-weight: 600; }
    .lost { background: var(--bad-deep); border-bottom: 3px solid var(--bad); padding: 14px 20px; font-size: 1.3rem; font-weight: 800; }
    .stale { filter: grayscale(1) brightness(.55); pointer-events: none; }
    .wait { height: 100%; display: grid; place-items: center; color: var(--dim); }
    @media (max-width: 900px) {
      main { grid-template-columns: minmax(0, 1fr); grid-template-rows: minmax(0, 62%) minmax(0, 1fr); }
      .right { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); }
    }
  `];

  constructor() {
    super();
    this.events = [];
    this.seen = new Set();
    onLoggedOut(() => this.leave(t('login.again')));
    this.begin();
  }

  async begin() {
    if (!localStorage.getItem('mw-in') || location.hash) return;
    this.starting = true;
    const reply = await resume();
    this.starting = false;
    if (reply.ok) this.enter(reply.data);
    else if (reply.status !== 401) setTimeout(() => this.begin(), 2000);
  }

  enter(session) {
    if (!DESK_ROLES.includes(session.role)) {
      logOut().then(() => this.leave(t('login.no_desk', { role: t(`role.${session.role}`) })));
      return;
    }
    this.session = session;
    this.notice = '';
    call('GET', '/v1/kinds').then(({ ok, data }) => { if (ok) { setKinds(data); this.events = [...this.events]; } });
    this.feed?.end();
    this.feed = new LiveFeed({
      log: (event) => this.onEvent(event),
      state: (state) => this.onState(state),
      resync: () => this.loadHistory(),
      change: () => { setClock(this.feed?.skewS); this.requestUpdate(); },
      loggedOut: () => this.leave(t('login.again')),
    });
  }

  leave(notice = '') {
    this.feed?.end();
    this.feed = null;
    this.session = null;
    this.state = null;
    this.events = [];
    this.target = null;
    this.notice = notice;
  }

  async loadHistory() {
    const reply = await call('GET', '/v1/history?limit=100');
    if (!reply.ok) return;
    const newer = this.events.filter((e) => e.seq > (reply.data.events[0]?.seq ?? 0));
    this.events = [...newer, ...reply.data.events].slice(0, EVENTS_MAX);
  }

  onEvent(event) {
    if (this.events[0]?.seq >= event.seq) return;
    this.events = [event, ...this.events].slice(0, EVENTS_MAX);
    if (event.kind === 'alarm.opened') beep(event.body.alarm_priority === 1);
  }

  onState(state) {
    setPlaces(state);
    const waiting = state.lanes.flatMap((lane) => lane.waiting.map((v) => ({ lane: lane.name, visit: v.visit, since: v.since_s })));
    if (waiting.some((w) => !this.seen.has(w.visit))) beep(false);
    this.seen = new Set(waiting.map((w) => w.visit));
    this.state = state;
    const stays = this.target && (this.target.visit === null || this.seen.has(this.target.visit));
    if (!stays) this.target = waiting.sort((a, b) => a.since - b.since)[0] ?? null;
  }

  render() {
    if (!this.session) {
      return this.starting ? html`<div class="wait">${t('strip.connecting')}</div>`
        : html`<mw-login .notice=${this.notice} @logged-in=${(e) => this.enter(e.detail)}></mw-login>`;
    }
    const lost = this.feed.condition === 'lost';
    return html`<div class="desk" @enlarge=${(e) => { this.picture = e.detail; }} @target=${(e) => { this.target = e.detail; }}
        @account-closed=${() => { this.session = { ...this.session, offer_account: false }; }}>
      <mw-strip .state=${this.state} .feed=${this.feed} .session=${this.session}
        @sound=${() => armSound().then(() => { beep(false); this.requestUpdate(); })}
        @log-out=${() => logOut().then(() => this.leave())}></mw-strip>
      <div>${lost ? html`<div class="lost" role="alert">${icon('stop')} ${t('lost')}</div>` : nothing}${this.banners()}</div>
      ${this.state ? this.desk(lost) : html`<div class="wait">${t('strip.connecting')}</div>`}
      ${this.picture ? html`<mw-viewer .sha=${this.picture.sha} .text=${this.picture.text}></mw-viewer>` : nothing}
    </div>`;
  }

  banners() {
    const s = this.state;
    if (!s) return nothing;
    return html`${s.fire.latched || s.fire.active ? html`<div class="fire row" role="alert"><span class="grow">${icon('fire')} ${t(s.fire.active ? 'fire.active' : 'fire.latched')}
        ${this.fireVerdict ? html`<span class="small">${verdictText(this.fireVerdict)}</span>` : nothing}</span>
        <button class="primary" ?disabled=${s.fire.active !== false} @click=${this.resetFire}>${t('fire.reset')}</button></div>` : nothing}
      ${s.banner ? html`<div class="banner" role="status">${icon('warn')} ${s.banner[language()]}</div>` : nothing}
      ${this.session.offer_account ? html`<mw-account></mw-account>` : nothing}`;
  }

  desk(lost) {
    const s = this.state;
    return html`<main class=${lost ? 'stale' : ''} ?inert=${lost}>
      <div class="left"><mw-focus .state=${s} .target=${this.target}></mw-focus><mw-alarms .alarms=${s.alarms}></mw-alarms></div>
      <div class="right"><mw-lanes .lanes=${s.lanes}></mw-lanes><mw-events .events=${this.events}></mw-events></div>
    </main>`;
  }

  async resetFire() {
    this.fireVerdict = await act('/v1/fire/reset');
    setTimeout(() => { this.fireVerdict = null; }, 8000);
  }
}
customElements.define('mw-app', App);
