/** The views of the page: the desk, the duty, the register, visitors, equipment. What waits at the gate is counted on the desk's button. */
import { css, html, nothing } from 'lit';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { t } from './i18n.js';
import { VIEWS, viewsOf } from './views.js';

const DESKLESS = ['auditor', 'issuer'];

class Rail extends Part {
  static properties = { view: {}, waiting: { type: Number }, role: {} };

  static styles = [look, css`
    :host { min-height: 0; }
    nav { height: 100%; overflow-y: auto; scrollbar-width: thin; display: flex; flex-direction: column; gap: 6px; padding: var(--gap) 0 var(--gap) var(--gap); }
    button { position: relative; flex: none; width: 84px; min-height: 64px; padding: 6px 0; display: grid; gap: 2px; place-items: center; font-size: .84rem; }
    button svg { width: 1.7em; height: 1.7em; }
    .many { position: absolute; top: 2px; right: 2px; min-width: 26px; border-radius: 99px; background: var(--warn); color: #211700; font-weight: 800; line-height: 26px; }
    @media (max-width: 900px) { nav { flex-direction: row; overflow-x: auto; padding: 3px var(--gap) 8px; } button { flex: 1 0 auto; width: auto; min-width: 66px; padding: 6px 5px; min-height: 64px; font-size: .89rem; } }
    @media (max-height: 640px) { button { min-height: 64px; } }
  `];

  render() {
    return html`<nav aria-label=${t('views')}>${[...(DESKLESS.includes(this.role) ? [] : ['desk']), ...viewsOf(this.role)].map((view) => html`
      <button class="plain" aria-pressed=${String(this.view === view)} @click=${() => this.say('view', view)}>
        ${icon(VIEWS[view]?.icon ?? 'gate')}<span>${t(`view.${view}`)}</span>${view === 'desk' && this.waiting ? html`<span class="many">${this.waiting}</span>` : nothing}</button>`)}</nav>`;
  }
}
customElements.define('mw-rail', Rail);
