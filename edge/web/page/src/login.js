/** Log in by a one-time token or by name and password. */
import { css, html } from 'lit';
import { call, logIn } from './api.js';
import { Part, look } from './base.js';
import { language, setLanguage, t } from './i18n.js';

class Login extends Part {
  static properties = { tablet: { state: true }, notice: {}, by: { state: true }, busy: { state: true }, error: { state: true } };

  static styles = [look, css`
    :host { min-height: 100dvh; display: grid; place-items: center; padding: 20px; }
    main { width: min(460px, 100%); } form { display: grid; gap: 14px; padding: 28px; }
    mw-pin { margin-bottom: 20px; } h1 { font-size: 1.7rem; }
    label { display: grid; gap: 4px; }
    .tabs button { flex: 1; }
  `];

  constructor() {
    super();
    this.by = 'token';
  }

  connectedCallback() {
    super.connectedCallback();
    this.byAddress = () => this.takeToken();
    addEventListener('hashchange', this.byAddress);
    this.takeToken();
    this.askTablet();
  }

  /** On a tablet that is bound to a post its guards stand first, each with a PIN. */
  async askTablet() {
    const { ok, data } = await call('GET', '/v1/tablet');
    if (!ok || !data.guards?.length) return;
    const came = await import('./pin.js').catch(() => null); // without the pad there are still token and password
    if (came) this.tablet = data;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('hashchange', this.byAddress);
  }

  takeToken() {
    const token = new URLSearchParams(location.hash.slice(1)).get('token');
    if (!token) return;
    // Out of the address bar and the history before anything else happens.
    history.replaceState(null, '', location.pathname);
    this.send({ token });
  }

  render() {
    return html`<main>${this.tablet ? html`<mw-pin .tablet=${this.tablet}></mw-pin>` : ''}<form class="panel" @submit=${this.submit}>
      <div class="row"><h1 class="grow">${t('login.title')}</h1>
        <button type="button" class="plain" @click=${() => setLanguage(language() === 'zh' ? 'en' : 'zh')}>${t('strip.language')}</button></div>
      ${this.notice ? html`<p class="dim">${this.notice}</p>` : ''}
      <div class="row tabs" role="group" aria-label=${t('login.how')}>
        ${['token', 'password'].map((by) => html`<button type="button" aria-pressed=${String(this.by === by)}
          @click=${() => { this.by = by; this.error = ''; }}>${t(`login.by_${by}`)}</button>`)}
      </div>
      ${this.by === 'token'
        ? html`<label>${t('login.token')}<input name="token" autocomplete="off" spellcheck="false" required></label>
            <p class="dim small">${t('login.token_help')}</p>`
        : html`<label>${t('login.name')}<input name="name" autocomplete="username" maxlength="80" required></label>
            <label>${t('login.password')}<input name="password" type="password" autocomplete="current-password" maxlength="256" required></label>`}
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : ''}
      <button class="primary good" ?disabled=${this.busy}>${t('login.enter')}</button>
    </form></main>`;
  }

  submit(event) {
    event.preventDefault();
    this.send(Object.fromEntries(new FormData(event.target)));
  }

  async send(given) {
    this.busy = true;
    const reply = await logIn(given);
    this.busy = false;
    if (reply.ok) this.say('logged-in', reply.data);
    else this.error = reply.data.error?.[language()] ?? t('offline');
  }
}
customElements.define('mw-login', Login);
