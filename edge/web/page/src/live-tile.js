/** One camera as it is now: picture, place and the picture's age; grey when that is old. */
import { css, html } from 'lit';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { find, t } from './i18n.js';
import { crowded, watch } from './live.js';

const OLD_S = 3;

class LiveTile extends Part {
  static properties = { camera: { attribute: false } };

  static ticks = true;

  static styles = [look, css`
    :host { position: relative; background: #000; border-radius: 8px; overflow: hidden; }
    canvas { display: block; width: 100%; height: 100%; object-fit: contain; }
    .old canvas { filter: grayscale(1) brightness(.45); }
    figure { margin: 0; height: 100%; }
    figcaption { position: absolute; inset: auto 0 0 0; display: flex; gap: 10px; padding: 2px 10px; background: #000b; color: #fff; font-weight: 600; font-size: 1rem; text-align: left; }
    figcaption span:first-child { flex: 1; min-width: 0; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
    .age { font-variant-numeric: tabular-nums; white-space: nowrap; } .old .age { color: var(--warn); }
    .none { position: absolute; inset: 0; display: grid; place-items: center; text-align: center; color: var(--text); padding: 0 8px 24px; }
  `];

  willUpdate(changed) {
    if (changed.has('camera') && this.camera.name !== this.name) this.follow();
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.camera) this.follow();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leave();
  }

  follow() {
    this.leave();
    this.name = this.camera.name;
    this.bornMs = 0;
    this.unwatch = watch(this.name, (bitmap, bornMs) => this.paint(bitmap, bornMs));
  }

  leave() {
    this.unwatch?.();
    this.unwatch = null;
    this.name = '';
  }

  paint(bitmap, bornMs) {
    const canvas = this.renderRoot.querySelector('canvas');
    if (!canvas) return;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    canvas.getContext('2d').drawImage(bitmap, 0, 0);
    const wasOld = !this.fresh;
    this.bornMs = bornMs;
    if (wasOld) this.requestUpdate();
  }

  get ageS() {
    return (performance.now() - this.bornMs) / 1000;
  }

  get fresh() {
    return Boolean(this.bornMs) && this.ageS <= OLD_S;
  }

  render() {
    const { camera, fresh } = this;
    const age = this.bornMs ? t('live.age', { s: this.ageS < 10 ? this.ageS.toFixed(1) : Math.round(this.ageS) }) : '';
    return html`<figure class=${fresh ? '' : 'old'} aria-label=${camera.place || camera.name}><canvas aria-hidden="true"></canvas>
      ${fresh ? '' : html`<div class="none"><span>${icon('warn')} ${this.why(camera)}</span></div>`}
      <figcaption><span>${camera.place || camera.name}</span><span class="age">${age}</span></figcaption></figure>`;
  }

  why(camera) {
    if (camera.up === false) return t('live.lost', { why: find(`fault.${camera.fault}`) ?? find(`reason.${camera.fault}`) ?? '' });
    if (crowded) return t('live.crowded');
    return t(this.bornMs ? 'live.old' : 'live.waiting');
  }
}
customElements.define('mw-live-tile', LiveTile);
