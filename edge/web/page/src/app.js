/** The page: log-in or the guard's desk; holds the state and hands it down. */
import { css, html, nothing } from 'lit';
import { actAs, call, logOut, onLoggedOut, resume } from './api.js';
import { Part, look } from './base.js';
import { LiveFeed } from './feed.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { arm, disarm, lost as armLost, onArmed } from './arm.js';
import { forget, recall, remember } from './last.js';
import { onOutbox, sendKept, unsent, withKept } from './outbox.js';
import { beep, ringFor } from './sound.js';
import { notifyAlarm } from './notify.js';
import { VIEWS, viewsOf } from './views.js';
import { clock, setClock, setKinds, setPlaces } from './words.js';
import './login.js';
import './account.js';
import './strip.js';
import './focus.js';
import './alarms.js';
import './bars.js';
import './rail.js';
import './lanes.js';
import { ALARMING } from './doors.js';
import './door-card.js';
import './events.js';
import './viewer.js';

const EVENTS_MAX = 200;
const DESK_ROLES = ['guard', 'supervisor', 'admin'];

class App extends Part {
  static properties = {
    session: { state: true }, state: { state: true }, events: { state: true }, target: { state: true },
    picture: { state: true }, notice: { state: true }, starting: { state: true }, view: { state: true }, switching: { state: true },
  };

  static styles = [look, css`
    :host { height: 100dvh; }
    .desk { height: 100%; display: grid; grid-template-rows: auto auto minmax(0, 1fr); }
    .body { display: grid; grid-template-columns: auto minmax(0, 1fr); min-height: 0; }
    main { min-height: 0; min-width: 0; } main > * { height: 100%; padding: var(--gap); } main > :not(.guard) > * { height: 100%; }
    .guard { display: grid; grid-template-columns: minmax(0, 2fr) minmax(330px, 1fr); gap: var(--gap); }
    .left, .right, .devices { display: flex; flex-direction: column; gap: var(--gap); min-height: 0; min-width: 0; }
    .left { overflow: auto; } .left mw-focus, .left mw-door-card { flex: 1 0 auto; min-height: 420px; } .left mw-alarms { flex: 0 0 auto; max-height: max(150px, 30%); } .left mw-alarms.calling { max-height: 58%; } .left mw-alarms.urgent { order: -1; } .left:has(.calling) mw-focus { min-height: 300px; }
    .right mw-events { flex: 1 1 210px; } .devices { flex: 0 1 auto; overflow: auto; } .devices > * { flex: none; } .first { order: -1; }
    .lost { background: var(--bad-deep); border-bottom: 3px solid var(--bad); padding: 14px 20px; font-size: 1.3rem; font-weight: 800; }
    .stale { filter: grayscale(1) brightness(.55); pointer-events: none; }
    .arm { display: flex; gap: 12px; align-items: center; } .arm button { min-height: 56px; }
    .wait { height: 100%; display: grid; place-items: center; color: var(--dim); }
    @media (max-width: 900px) {
      .body { grid-template-columns: minmax(0, 1fr); grid-template-rows: minmax(0, 1fr) auto; } mw-rail { order: 2; }
      .guard { grid-template-columns: minmax(0, 1fr); grid-template-rows: minmax(0, 56%) minmax(0, 1fr); }
      .right { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
    }
  `];

  constructor() {
    super();
    this.events = [];
    this.seen = new Set();
    this.show('desk');
    onLoggedOut(() => this.leave(t('login.again')));
    onOutbox(() => { if (this.shownState) this.onState(this.shownState); this.requestUpdate(); });
    onArmed(() => this.requestUpdate());
    addEventListener('begin-duty', () => arm());
    addEventListener('keydown', (event) => this.typed(event));
    this.begin();
  }

  async begin() {
    if (!localStorage.getItem('mw-in') || location.hash) return;
    this.starting = true;
    const reply = await resume();
    this.starting = false;
    if (reply.ok) this.enter(reply.data);
    else if (reply.status === 401) forget();
    else this.enterOffline() || setTimeout(() => this.begin(), 2000);
  }

  /** The gateway cannot be reached: what was shown last, with its time; alarms can be worked on. */
  enterOffline() {
    const last = recall();
    if (!last || !DESK_ROLES.includes(last.session.role)) return false;
    actAs(last.session.name);
    this.kinds = last.kinds;
    setKinds(last.kinds ?? {});
    this.events = last.events;
    this.enter(last.session, last);
    this.feed.skewS = last.state.now_s - last.at_ms / 1000;
    setClock(this.feed.skewS);
    this.onState(last.state);
    return true;
  }

  enter(session, last = null) {
    this.session = session;
    this.notice = '';
    if (!DESK_ROLES.includes(session.role)) {
      import('./office.js').catch(() => this.leave(t('view.unloaded')));
      return;
    }
    call('GET', '/v1/kinds').then(({ ok, data }) => { if (ok) { this.kinds = data; setKinds(data); this.events = [...this.events]; } });
    this.feed?.end();
    this.feed = new LiveFeed({
      log: (event) => this.onEvent(event),
      state: (state) => this.onState(state),
      resync: () => this.loadHistory(),
      change: () => { setClock(this.feed?.skewS); this.catchUp(); this.requestUpdate(); },
      loggedOut: () => this.leave(t('login.again')),
    }, last?.at_ms);
    if (window.isSecureContext) navigator.serviceWorker?.register('/sw.js').catch(() => {}); // without it the page needs the link to open
    this.loadKeys();
  }

  loadKeys() {
    this.keys ??= import('./keys.js').then(({ pressed }) => { this.pressed = pressed; }).catch(() => { this.keys = null; });
    return this.keys;
  }

  /** A key that comes before its part is there waits for it; it takes nobody away from a view that was opened since. */
  typed(event) {
    if (!this.session || !DESK_ROLES.includes(this.session.role)) return;
    const at = event.composedPath()[0]; // empty once the event is over
    if (this.pressed) this.pressed(this, event, at);
    else this.pressLater(event, at, this.view);
  }

  async pressLater(event, at, view) {
    await this.loadKeys();
    if (this.view === view) this.pressed?.(this, event, at);
  }

  /** Another guard at the same tablet: what is on the screen stays, but for views that are not theirs. */
  swap(session) {
    this.switching = false;
    this.visited = new Set([...this.visited].filter((view) => view === 'desk' || viewsOf(session.role).includes(view)));
    if (!this.visited.has(this.view)) this.view = 'desk';
    this.enter(session);
  }

  /** Once the gateway answers again: what was pressed meanwhile, in its order. */
  async catchUp() {
    const me = this.session?.name;
    const scans = (localStorage.getItem('mw-patrol-queue') ?? '[]') !== '[]';
    // A part that does not come, or a scan that does not get through, is tried again at the next beat.
    if (scans && me && this.feed?.condition === 'online') import('./scans.js').then(({ sendScans }) => sendScans(me)).catch(() => {});
    if (this.feed?.condition !== 'online' || !unsent(me).length) return;
    const refused = await sendKept(me, call);
    if (refused) this.notice = t('outbox.refused', { n: refused });
  }

  leave(notice = '') {
    this.feed?.end();
    ringFor([]);
    disarm();
    forget();
    this.shownState = null;
    this.feed = null;
    this.session = null;
    this.state = null;
    this.events = [];
    this.target = null;
    this.show('desk');
    this.notice = notice;
  }

  /** A view stays as it was left, half-filled forms too; the log-out forgets them. Done when its part is there. */
  async show(view) {
    this.visited = this.session ? new Set([...this.visited, view]) : new Set();
    this.view = view;
    await VIEWS[view]?.load().catch(() => this.unloaded(view));
  }

  /** A part of the page that could not be fetched: back to the desk, which needs none. */
  unloaded(view) {
    this.visited.delete(view);
    if (this.view === view) this.view = 'desk';
    this.notice = t('view.unloaded');
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
    if (event.kind === 'patrol.due' || event.kind === 'patrol.late') beep(false);
    if (event.kind === 'alarm.opened') { beep(event.body.alarm_priority === 1, 0.18, Boolean(event.body.drill)); notifyAlarm(event); }
  }

  onState(given) {
    this.shownState = given;
    const state = withKept(given, this.session?.name);
    setPlaces(state);
    remember(this.session, given, this.events, this.kinds);
    const waiting = waitingIn(state);
    if (waiting.some((w) => !this.seen.has(w.visit))) beep(false);
    this.seen = new Set(waiting.map((w) => w.visit));
    ringFor(state.alarms);
    this.state = state;
    const stays = this.target && (this.target.visit === null || this.seen.has(this.target.visit));
    if (!stays) this.target = oldest(state);
  }

  render() {
    if (!this.session) {
      return this.starting ? html`<div class="wait">${t('strip.connecting')}</div>`
        : html`<mw-login .notice=${this.notice} @logged-in=${(e) => this.enter(e.detail)}></mw-login>`;
    }
    if (!DESK_ROLES.includes(this.session.role)) return html`<mw-office .session=${this.session} @log-out=${() => logOut().then(() => this.leave())}></mw-office>`;
    const lost = this.feed.condition === 'lost';
    return html`<div class="desk" @enlarge=${(e) => { this.picture = e.detail; }} @target=${(e) => this.aim(e.detail)}
        @view=${(e) => this.show(e.detail)} @account-closed=${() => { this.session = { ...this.session, offer_account: false }; }}>
      <mw-strip .state=${this.state} .feed=${this.feed} .session=${this.session}
        @sound=${() => arm()}
        @switch-guard=${() => { this.switching = true; import('./pin.js').catch(() => { this.switching = false; this.notice = t('view.unloaded'); }); }}
        @log-out=${() => logOut().then(() => this.leave())}></mw-strip>
      <div>${lost ? html`<div class="lost" role="alert">${icon('stop')} ${t('lost')} ${t('lost.as_of', { at: clock(this.state?.now_s ?? 0) })}</div>` : nothing}
        ${this.armBar()}
        ${this.state ? html`<mw-bars .state=${this.state} view=${this.view} rank=${this.session.role} ?inert=${lost}></mw-bars>` : nothing}
        ${this.notice ? html`<div class="lost" role="alert" @click=${() => { this.notice = ''; }}>${this.notice}</div>` : nothing}
        ${this.session.offer_account && this.view === 'desk' ? html`<mw-account></mw-account>` : nothing}</div>
      ${this.state ? this.body(lost) : html`<div class="wait">${t('strip.connecting')}</div>`}
      ${this.switching ? html`<mw-pin overlay @closed=${() => { this.switching = false; }} @logged-in=${(e) => this.swap(e.detail)}></mw-pin>` : nothing}
      ${this.picture ? html`<mw-viewer .sha=${this.picture.sha} .text=${this.picture.text} .film=${Boolean(this.picture.film)}></mw-viewer>` : nothing}
    </div>`;
  }

  body(lost) {
    const { state: s, view } = this;
    const waiting = s.lanes.reduce((n, lane) => n + lane.waiting.length, 0);
    const others = [...this.visited].filter((name) => VIEWS[name]);
    return html`<div class="body"><mw-rail .view=${view} .waiting=${waiting} .role=${this.session.role}></mw-rail>
      <main>
        <div class="guard" ?hidden=${view !== 'desk'}>${this.guard(s, waiting, lost)}</div>
        ${others.map((name) => html`<div class=${lost && !VIEWS[name].offline ? 'stale' : ''} ?inert=${lost && !VIEWS[name].offline} ?hidden=${view !== name}>${VIEWS[name].part({ shown: view === name, state: s, rank: this.session.role, me: this.session.name })}</div>`)}
      </main></div>`;
  }

  /** What was armed and is lost: one tap brings it back. */
  armBar() {
    const gone = armLost();
    if (!gone.length) return nothing;
    return html`<div class="lost arm" role="alert"><span>${icon('warn')} ${t('arm.lost', { what: gone.map((one) => t(`arm.${one}`)).join('、') })}</span>
      <button @click=${() => arm()}>${t('arm.again')}</button></div>`;
  }

  guard(s, waiting, lost) {
    const doors = s.doors ?? [];
    const door = this.target?.door && doors.find((one) => one.name === this.target.door);
    const off = lost ? 'stale' : '';
    return html`<div class="left">
        ${door ? html`<mw-door-card class=${off} ?inert=${lost} .door=${door} .waiting=${waiting}></mw-door-card>` : html`<mw-focus class=${off} ?inert=${lost} .state=${s} .target=${this.target}></mw-focus>`}
        <mw-alarms class=${calling(s)} .state=${s} me=${this.session.name}></mw-alarms></div>
      <div class="right ${off}" ?inert=${lost}><div class="devices"><mw-lanes .lanes=${s.lanes}></mw-lanes><mw-doors class=${doors.some((one) => ALARMING.has(one.state)) ? 'first' : ''} .doors=${doors} .sirens=${s.sirens ?? []}></mw-doors></div>
        <mw-events .events=${this.events}></mw-events></div>`;
  }

  /** What the large card shows; nothing chosen means whoever waits longest. */
  aim(target) {
    this.target = target ?? oldest(this.state);
  }
}
customElements.define('mw-app', App);

/** Alarms that nobody has taken get room; an urgent one stands first. */
function calling({ alarms }) {
  const open = alarms.filter((a) => !a.acknowledged_by && !a.shelved && a.priority < 3);
  return `${open.length ? 'calling' : ''} ${open.some((a) => a.priority === 1) ? 'urgent' : ''}`;
}

const waitingIn = (state) => state.lanes.flatMap((lane) => lane.waiting.map((v) => ({ lane: lane.name, visit: v.visit, since: v.since_s })));
const oldest = (state) => waitingIn(state).sort((a, b) => a.since - b.since)[0] ?? null;
