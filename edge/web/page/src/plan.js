/** A plan of the site with marks on it: points that were visited, the way between them, a place to be chosen. */
import { css, html, nothing, svg } from 'lit';
import { Part, look } from './base.js';
import { t } from './i18n.js';

class Plan extends Part {
  static properties = { name: {}, title: {}, marks: { attribute: false }, spot: { attribute: false }, choosing: { type: Boolean }, size: { state: true }, failed: { state: true } };

  static styles = [look, css`
    svg { display: block; width: 100%; max-height: var(--plan-height, 60vh); background: var(--bg); border: 1px solid var(--line); border-radius: 10px; }
    .choose { cursor: crosshair; touch-action: manipulation; }
    circle { stroke: #0b0e13; } .ok { fill: #46d684; } .late { fill: #ffb938; } .open { fill: #f1f4f8; } .spot { fill: #ff6b63; }
    polyline { fill: none; stroke: #46d684; stroke-opacity: .8; }
    text { fill: #0b0e13; font-weight: 800; text-anchor: middle; dominant-baseline: central; pointer-events: none; }
    img { display: none; }
  `];

  constructor() {
    super();
    this.marks = [];
  }

  willUpdate(changed) {
    if (changed.has('name')) this.size = this.failed = null;
  }

  render() {
    if (!this.name || this.failed) return this.failed ? html`<p class="dim">${t('patrol.no_plan')}</p>` : nothing;
    const src = `/v1/patrol/maps/${encodeURIComponent(this.name)}`;
    if (!this.size) return html`<img src=${src} alt="" @load=${this.measured} @error=${() => { this.failed = true; }}>`;
    const [w, h] = this.size;
    const r = Math.max(w, h) / 42;
    const way = this.marks.filter((mark) => mark.at_s).sort((a, b) => a.at_s - b.at_s);
    return html`<svg class=${this.choosing ? 'choose' : ''} viewBox="0 0 ${w} ${h}" role="img" aria-label=${this.title} @click=${this.chosen}>
      <image href=${src} width=${w} height=${h}></image>
      ${way.length > 1 ? svg`<polyline stroke-width=${r / 3} points=${way.map((mark) => `${mark.at[0] * w},${mark.at[1] * h}`).join(' ')}></polyline>` : nothing}
      ${this.marks.map((mark) => svg`<g><title>${mark.place}</title><circle class=${mark.tone} cx=${mark.at[0] * w} cy=${mark.at[1] * h} r=${r} stroke-width=${r / 6}></circle>
        <text x=${mark.at[0] * w} y=${mark.at[1] * h} font-size=${r * 1.2}>${mark.label}</text></g>`)}
      ${this.spot ? svg`<circle class="spot" cx=${this.spot[0] * w} cy=${this.spot[1] * h} r=${r} stroke-width=${r / 6}></circle>` : nothing}</svg>`;
  }

  measured({ target }) {
    this.size = [target.naturalWidth, target.naturalHeight];
  }

  /** Where it was tapped, as fractions of the picture. */
  chosen(event) {
    if (!this.choosing) return;
    const drawing = this.renderRoot.querySelector('svg');
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
    const within = (value) => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
    this.say('spot', [within(point.x / this.size[0]), within(point.y / this.size[1])]);
  }
}
customElements.define('mw-plan', Plan);
