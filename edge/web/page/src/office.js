/** The page of those who have no desk: the auditor reads, the issuer books; no live feed, no lanes to open. */
import { css, html } from 'lit';
import { call } from './api.js';
import { Part, look } from './base.js';
import { language, setLanguage, t } from './i18n.js';
import { VIEWS, viewsOf } from './views.js';
import { nameOf, setKinds, setPlaces } from './words.js';
import './rail.js';
import './viewer.js';

class Office extends Part {
  static properties = { session: { attribute: false }, site: { state: true }, view: { state: true }, picture: { state: true }, notice: { state: true } };

  static styles = [look, css`
    :host { height: 100dvh; } .office { height: 100%; display: grid; grid-template-rows: auto auto minmax(0, 1fr); }
    header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; padding: 8px 14px; background: var(--panel); border-bottom: 1px solid var(--line); } h1 { font-size: 1.2rem; } header .end { margin-left: auto; }
    .body { display: grid; grid-template-columns: auto minmax(0, 1fr); min-height: 0; } main { min-height: 0; min-width: 0; } main > * { height: 100%; padding: var(--gap); }
    .wait { height: 100%; display: grid; place-items: center; color: var(--dim); }
    @media (max-width: 900px) { .body { grid-template-columns: minmax(0, 1fr); grid-template-rows: minmax(0, 1fr) auto; } mw-rail { order: 2; } }
  `];

  connectedCallback() {
    super.connectedCallback();
    this.visited = new Set();
    this.load();
  }

  async load() {
    const reply = await call('GET', '/v1/site');
    if (!reply.ok) {
      if (reply.status !== 401) setTimeout(() => this.isConnected && this.load(), 3000);
      return;
    }
    setPlaces(reply.data);
    if (this.session.role === 'auditor') {
      const kinds = await call('GET', '/v1/kinds');
      if (kinds.ok) setKinds(kinds.data);
    }
    this.site = reply.data;
    this.show(viewsOf(this.session.role)[0]);
  }

  show(view) {
    this.visited.add(view);
    this.view = view;
    this.notice = '';
    VIEWS[view].load().catch(() => { this.visited.delete(view); this.notice = t('view.unloaded'); this.requestUpdate(); });
  }

  render() {
    const { session, site } = this;
    return html`<div class="office" @enlarge=${(e) => { this.picture = e.detail; }} @view=${(e) => this.show(e.detail)}>
      <header><h1>${site?.site.name ?? t('title')}</h1><span class="dim">${nameOf(session.name)} · ${t(`role.${session.role}`)}</span>
        <button class="plain end" @click=${() => setLanguage(language() === 'zh' ? 'en' : 'zh')}>${t('strip.language')}</button><button class="plain" @click=${() => this.say('log-out')}>${t('strip.log_out')}</button></header>
      <div>${this.notice ? html`<p class="verdict no" role="alert" @click=${() => { this.notice = ''; }}>${this.notice}</p>` : ''}</div>
      ${site ? html`<div class="body"><mw-rail .view=${this.view} .role=${session.role}></mw-rail><main>
        ${[...this.visited].map((name) => VIEWS[name].part({ shown: this.view === name, state: site, rank: session.role, me: session.name }))}</main></div>` : html`<div class="wait">${t('strip.connecting')}</div>`}
      ${this.picture ? html`<mw-viewer .sha=${this.picture.sha} .text=${this.picture.text}></mw-viewer>` : ''}</div>`;
  }
}
customElements.define('mw-office', Office);
