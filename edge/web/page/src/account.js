/** Offers the first account after the set-up token; it can be put off. */
import { css, html } from 'lit';
import { call } from './api.js';
import { Part, look } from './base.js';
import { language, t } from './i18n.js';

class Account extends Part {
  static properties = { open: { state: true }, error: { state: true }, done: { state: true } };

  static styles = [look, css`
    form { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 10px; align-items: end; }
    label { display: grid; gap: 4px; }
    .panel { border-radius: 0; border-width: 0 0 2px; border-color: var(--accent); padding: 6px 14px; }
    form { margin: 6px 0; }
  `];

  render() {
    if (this.done) return html`<div class="panel row"><span class="grow">${t('account.done', { name: this.done })}</span>
      <button @click=${() => this.say('account-closed')}>${t('close')}</button></div>`;
    return html`<section class="panel" aria-label=${t('account.make')}><div class="row"><span class="grow">${t('account.title')}</span>
        <button ?hidden=${this.open} @click=${() => { this.open = true; }}>${t('account.make')}</button>
        <button class="plain" @click=${() => this.say('account-closed')}>${t('later')}</button></div>
      <form ?hidden=${!this.open} @submit=${this.submit}>
        <label>${t('login.name')}<input name="name" autocomplete="username" maxlength="40" required></label>
        <label>${t('account.password')}<input name="password" type="password" autocomplete="new-password" minlength="12" maxlength="256" required></label>
        <button class="good">${t('account.make')}</button>
      </form>
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : ''}</section>`;
  }

  async submit(event) {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    const reply = await call('POST', '/v1/accounts', { ...given, role: 'admin' });
    if (reply.ok) this.done = reply.data.name;
    else this.error = reply.data.error?.[language()] ?? t('offline');
  }
}
customElements.define('mw-account', Account);
