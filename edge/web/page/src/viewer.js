/** A picture or a film at full size; Escape or a tap closes it. */
import { css, html } from 'lit';
import { Part, look } from './base.js';
import { t } from './i18n.js';

class Viewer extends Part {
  static properties = { sha: {}, text: {}, film: { type: Boolean } };

  static styles = [look, css`
    dialog { border: 0; padding: 0; max-width: 100vw; max-height: 100dvh; width: 100vw; height: 100dvh; background: #000d; color: inherit; }
    img, video { width: 100%; height: calc(100dvh - 84px); object-fit: contain; display: block; }
    .row { padding: 10px 16px; height: 84px; } b { font-size: 1.6rem; }
  `];

  firstUpdated() {
    this.renderRoot.querySelector('dialog').showModal();
  }

  render() {
    return html`<dialog aria-label=${t('enlarge')} @close=${() => this.say('enlarge', null)}>
      <div class="row"><b class="grow">${this.text}</b><button class="primary" autofocus @click=${this.shut}>${t('close')}</button></div>
      ${this.film ? html`<video src="/v1/clips/${this.sha}" controls autoplay muted playsinline></video>`
    : html`<img src="/v1/pictures/${this.sha}" alt=${this.text ?? ''} @click=${this.shut}>`}</dialog>`;
  }

  shut() {
    this.renderRoot.querySelector('dialog').close();
  }
}
customElements.define('mw-viewer', Viewer);
