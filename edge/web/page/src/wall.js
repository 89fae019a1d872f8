/** The cameras (画面): a wall of nine tiles at a time, one of them large on a tap. */
import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { Part, look, sheet } from './base.js';
import { t } from './i18n.js';
import './live-tile.js';

const TILES = 9;

class Wall extends Part {
  static properties = { shown: { type: Boolean }, state: { attribute: false }, large: { state: true }, page: { state: true } };

  static styles = [look, sheet, css`
    .wall { flex: 1; min-height: 0; display: grid; gap: 8px; grid-auto-rows: minmax(0, 1fr); grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); }
    .n1 { --columns: 1; } .n2, .n4 { --columns: 2; } .n3, .n5, .n6, .n7, .n8, .n9 { --columns: 3; }
    .wall > div { position: relative; border: 2px solid var(--line); border-radius: 10px; overflow: hidden; min-height: 0; } .wall mw-live-tile { height: 100%; }
    .wall button { position: absolute; inset: 0; background: none; border: 0; outline-offset: -4px; }
    .one { flex: 1; min-height: 0; }
    .names { gap: 8px; } .names button, header button { min-height: 64px; }
    @media (max-width: 900px) { .n2 { --columns: 1; } .n3, .n5, .n6, .n7, .n8, .n9 { --columns: 2; } }
  `];

  constructor() {
    super();
    this.large = '';
    this.page = 0;
  }

  render() {
    const all = this.state?.cameras ?? [];
    const pages = Math.max(1, Math.ceil(all.length / TILES));
    const page = Math.min(this.page, pages - 1);
    const large = all.find((camera) => camera.name === this.large);
    return html`<section class="sheet"><header><h1 class="grow">${t('live.title')}</h1>
        ${large ? html`<button class="primary" @click=${() => { this.large = ''; }}>${t('live.all')}</button>`
    : pages > 1 ? html`<div class="row" role="group" aria-label=${t('live.pages')}>${Array.from({ length: pages }, (_, n) => html`<button aria-pressed=${String(n === page)} @click=${() => { this.page = n; }}>${n * TILES + 1}–${Math.min(all.length, (n + 1) * TILES)}</button>`)}</div>` : nothing}</header>
      ${all.length ? nothing : html`<p class="dim">${t('live.none')}</p>`}
      ${!this.shown ? nothing : large ? this.one(large, all) : this.wall(all.slice(page * TILES, (page + 1) * TILES))}</section>`;
  }

  wall(cameras) {
    return html`<div class="wall n${cameras.length}">${repeat(cameras, (camera) => camera.name, (camera) => html`
      <div><mw-live-tile .camera=${camera}></mw-live-tile>
        <button aria-label=${t('live.enlarge', { place: camera.place || camera.name })} @click=${() => { this.large = camera.name; }}></button></div>`)}</div>`;
  }

  one(camera, all) {
    return html`<mw-live-tile class="one" .camera=${camera}></mw-live-tile>
      <div class="row names" role="group" aria-label=${t('live.title')}>${all.map((other) => html`<button aria-pressed=${String(other === camera)} @click=${() => { this.large = other.name; }}>${other.place || other.name}</button>`)}</div>`;
  }
}
customElements.define('mw-wall', Wall);
