/** One's own PIN, and the tablet's binding to a post. */
import { css, html, nothing } from 'lit';
import { call } from './api.js';
import { Part, look, sheet } from './base.js';
import { find, language, t } from './i18n.js';

class Tablet extends Part {
  static properties = { state: { attribute: false }, rank: {}, me: {}, tablet: { state: true }, said: { state: true } };

  static styles = [look, sheet, css`article { display: grid; gap: 12px; margin-bottom: 12px; } button { min-height: 64px; } form { display: flex; flex-wrap: wrap; gap: 12px; align-items: end; } input { min-height: 64px; } label { flex: 1 1 220px; }`];

  connectedCallback() {
    super.connectedCallback();
    this.load();
  }

  async load() {
    const { ok, data } = await call('GET', '/v1/tablet');
    if (ok) this.tablet = data;
  }

  render() {
    const posts = (this.state.duty ?? []).map((post) => post.post);
    const bound = this.tablet?.bound;
    return html`${this.said ? html`<p class="verdict ${this.said.ok ? 'ok' : 'no'}" role="status">${this.said.text}</p>` : nothing}
      <article class="panel"><h2>${t('pin.mine')}</h2><p class="dim">${t('pin.help')}</p>
        ${this.rank === 'admin' ? html`<p>${t('pin.no_admin')}</p>` : html`<form @submit=${this.setPin}>
          <label><span>${t('pin.new')}</span><input name="pin" type="password" inputmode="numeric" autocomplete="new-password" pattern="[0-9]{6,12}" maxlength="12" required></label>
          <label><span>${t('pin.again')}</span><input name="again" type="password" inputmode="numeric" autocomplete="new-password" pattern="[0-9]{6,12}" maxlength="12" required></label>
          <button class="good">${t('pin.set')}</button></form>`}</article>
      <article class="panel"><h2>${t('tablet.title')}</h2>
        <p>${bound ? t('tablet.bound', { post: find(`post.${this.tablet.post}`) ?? this.tablet.post }) : t('tablet.unbound')}</p>
        ${bound && this.tablet.guards.length ? html`<p class="dim">${t('tablet.guards', { names: this.tablet.guards.join('、') })}</p>` : nothing}
        ${this.rank === 'guard' ? html`<p class="dim">${t('tablet.supervisor')}</p>` : html`<div class="row">
          ${posts.map((post) => html`<button @click=${() => this.send('POST', '/v1/tablet', { post }, 'tablet.done')}>${t('tablet.bind', { post: find(`post.${post}`) ?? post })}</button>`)}
          ${bound ? html`<button class="bad" @click=${() => this.send('DELETE', '/v1/tablet', undefined, 'tablet.gone')}>${t('tablet.unbind')}</button>` : nothing}</div>`}</article>`;
  }

  setPin(event) {
    event.preventDefault();
    const form = event.target; // forgotten by the event once it was handled
    const given = Object.fromEntries(new FormData(form));
    if (given.pin !== given.again) this.said = { ok: false, text: t('pin.differ') };
    else this.send('PUT', '/v1/pin', { pin: given.pin }, 'pin.done').then((ok) => ok && form.reset());
  }

  async send(method, path, body, done) {
    const reply = await call(method, path, body);
    this.said = { ok: reply.ok, text: reply.ok ? t(done) : reply.data.error?.[language()] ?? t('offline') };
    await this.load();
    return reply.ok;
  }
}
customElements.define('mw-tablet', Tablet);
