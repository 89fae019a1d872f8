/** Chips for a reason; the last one takes the guard's own words. */
import { css, html } from 'lit';
import { Part, look } from './base.js';
import { t } from './i18n.js';

class Reasons extends Part {
  static properties = { keys: { attribute: false }, chosen: { state: true }, words: { state: true }, label: {} };

  static styles = [look, css`
    .chips { display: flex; flex-wrap: wrap; gap: 10px; }
    button { min-height: 52px; min-width: 72px; }
    input { margin-top: 10px; }
  `];

  constructor() {
    super();
    this.keys = [];
    this.reset();
  }

  reset() {
    this.chosen = '';
    this.words = '';
  }

  render() {
    return html`<div class="chips" role="group" aria-label=${this.label}>
        ${[...this.keys, 'other'].map((key) => html`<button aria-pressed=${String(this.chosen === key)}
          @click=${() => this.choose(key)}>${t(`why.${key}`)}</button>`)}
      </div>
      <input ?hidden=${this.chosen !== 'other'} maxlength="200" .value=${this.words} placeholder=${t('why.words')}
        aria-label=${t('why.words')} @input=${(e) => { this.words = e.target.value; this.tell(); }}>`;
  }

  choose(key) {
    this.chosen = this.chosen === key ? '' : key;
    this.tell();
    if (key === 'other') this.updateComplete.then(() => this.renderRoot.querySelector('input').focus());
  }

  tell() {
    this.say('reason', this.chosen === 'other' ? this.words.trim() : this.chosen);
  }
}
customElements.define('mw-reasons', Reasons);
