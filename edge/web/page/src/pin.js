/** Guards at a bound tablet: a tap on one's name, one's PIN, and the other one is out. */
import { css, html, nothing } from 'lit';
import { call, logInByPin } from './api.js';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { language, find, t } from './i18n.js';

const LENGTH_MIN = 6;
const LENGTH_MAX = 12;
const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'back', '0', 'enter'];

class Pin extends Part {
  static properties = { tablet: { attribute: false }, overlay: { type: Boolean }, who: { state: true }, pin: { state: true }, busy: { state: true }, error: { state: true } };

  static styles = [look, css`
    :host([overlay]) { position: fixed; inset: 0; z-index: 20; background: #05070bdd; display: grid; place-items: center; padding: 16px; overflow: auto; }
    section { width: min(460px, 100%); padding: 22px; display: grid; gap: 14px; }
    h2 { font-size: 1.3rem; color: inherit; }
    .names { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 12px; }
    .names button { min-height: 72px; font-size: 1.3rem; }
    .pad { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; }
    .pad button { min-height: 68px; font-size: 1.5rem; padding: 0; }
    output { display: block; min-height: 1.4em; font-size: 2rem; letter-spacing: .3em; text-align: center; }
  `];

  constructor() {
    super();
    this.pin = '';
  }

  connectedCallback() {
    super.connectedCallback();
    this.typed = (event) => this.key(event);
    addEventListener('keydown', this.typed, true);
    if (!this.tablet) call('GET', '/v1/tablet').then(({ data }) => { this.tablet = data; });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('keydown', this.typed, true);
  }

  render() {
    const post = this.tablet?.post;
    return html`<section class="panel" role=${this.overlay ? 'dialog' : nothing} aria-modal=${this.overlay ? 'true' : nothing} aria-label=${t('pin.title')}>
      <div class="row"><h2 class="grow">${this.who ?? `${t('pin.title')}${post ? ` · ${find(`post.${post}`) ?? post}` : ''}`}</h2>
        ${this.who ? html`<button class="plain" @click=${() => this.choose(null)}>${t('pin.other')}</button>` : nothing}
        ${this.overlay ? html`<button class="plain" @click=${() => this.say('closed')}>${t('close')}</button>` : nothing}</div>
      ${this.who ? this.pad() : html`<div class="names">${(this.tablet?.guards ?? []).map((name) => html`<button @click=${() => this.choose(name)}>${icon('person')} ${name}</button>`)}</div>`}
      ${this.error ? html`<p class="verdict no" role="alert">${this.error}</p>` : nothing}</section>`;
  }

  pad() {
    return html`<output aria-label=${t('pin.digits', { n: this.pin.length })}>${'●'.repeat(this.pin.length)}</output>
      <div class="pad">${KEYS.map((key) => html`<button class=${key === 'enter' ? 'good' : ''} ?disabled=${this.busy || (key === 'enter' && this.pin.length < LENGTH_MIN)}
        aria-label=${key.length > 1 ? t(`pin.${key}`) : nothing} @click=${() => this.press(key)}>${key === 'back' ? '⌫' : key === 'enter' ? t('pin.enter') : key}</button>`)}</div>`;
  }

  choose(name) {
    this.who = name;
    this.pin = '';
    this.error = '';
  }

  /** A keyboard works too, and no shortcut of the desk hears it. */
  key(event) {
    if (!this.who || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.composedPath().some((one) => one instanceof HTMLInputElement)) return;
    const key = { Backspace: 'back', Enter: 'enter' }[event.key] ?? event.key;
    if (event.key !== 'Escape' && !KEYS.includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.busy) return; // the answer is on its way; the desk does not hear of the key either
    if (event.key === 'Escape') this.overlay ? this.say('closed') : this.choose(null);
    else if (key !== 'enter' || this.pin.length >= LENGTH_MIN) this.press(key);
  }

  press(key) {
    this.error = '';
    if (key === 'back') this.pin = this.pin.slice(0, -1);
    else if (key === 'enter') this.send();
    else if (this.pin.length < LENGTH_MAX) this.pin += key;
  }

  async send() {
    this.busy = true;
    this.say('begin-duty');
    const reply = await logInByPin(this.who, this.pin);
    this.busy = false;
    this.pin = '';
    if (reply.ok) this.say('logged-in', reply.data);
    else this.error = reply.data.error?.[language()] ?? t('offline');
  }
}
customElements.define('mw-pin', Pin);
