/** Marks drawn as lines, so that no font has to bring them. */
import { html, svg } from 'lit';

const PATHS = {
  warn: svg`<path d="M12 3 22 20H2Z"></path><path d="M12 9v5M12 17v.5"></path>`,
  stop: svg`<circle cx="12" cy="12" r="9"></circle><path d="M7 12h10" stroke-width="3.4"></path>`,
  info: svg`<circle cx="12" cy="12" r="9"></circle><path d="M12 11v6M12 7v.5"></path>`,
  bell: svg`<path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4Z"></path><path d="M10 21h4"></path>`,
  mute: svg`<path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4Z"></path><path d="M3 3l18 18"></path>`,
  fire: svg`<path d="M12 2c1 4 6 6 6 12a6 6 0 0 1-12 0c0-3 2-4 3-6 1 2 2 2 2 4 2-3 1-6 1-10Z"></path>`,
  smoke: svg`<path d="M4 8h9a3 3 0 1 0-3-3M3 13h14a3 3 0 1 1-3 3M5 18h5a2 2 0 1 1-2 2"></path>`,
  gate: svg`<path d="M4 20v-9h4v9M8 13 21 8M2 20h20"></path>`,
  eye: svg`<path d="M2 12c3-5 6-7 10-7s7 2 10 7c-3 5-6 7-10 7s-7-2-10-7Z"></path><circle cx="12" cy="12" r="3"></circle>`,
  book: svg`<path d="M5 3h12a2 2 0 0 1 2 2v16H7a2 2 0 0 1-2-2Z"></path><path d="M9 8h6M9 12h6M9 16h3"></path>`,
  sign: svg`<path d="M4 17c4-8 6-10 8-10s0 6 2 6 3-4 6-4M4 21h16"></path>`,
  person: svg`<circle cx="12" cy="8" r="4"></circle><path d="M4 21c0-5 3.5-7 8-7s8 2 8 7"></path>`,
  walk: svg`<circle cx="13" cy="4" r="2"></circle><path d="M13 8l-2 6 3 3v5M11 14l-4 7M12 9l-5 2v3M13 9l3 3 3 1"></path>`,
  check: svg`<path d="M4 13l5 5L20 6"></path>`,
  qr: svg`<path d="M4 4h6v6H4ZM14 4h6v6h-6ZM4 14h6v6H4ZM14 14h2v2M20 14v6h-6"></path>`,
  camera: svg`<path d="M4 8h4l2-3h4l2 3h4v11H4Z"></path><circle cx="12" cy="13" r="3.5"></circle>`,
  face: svg`<path d="M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4"></path><circle cx="12" cy="12" r="4.5"></circle>`,
  tools: svg`<path d="M14 7a4 4 0 0 1 5-4l-2.5 2.5 2 2L21 5a4 4 0 0 1-5 5L7.5 20.5a2.1 2.1 0 0 1-3-3Z"></path>`,
  siren: svg`<path d="M6 19v-6a6 6 0 0 1 12 0v6M4 19h16v2H4ZM12 1v2M3 5l2 1.5M21 5l-2 1.5"></path>`,
  history: svg`<path d="M4 4v5h5M4.5 9a8.5 8.5 0 1 1-1 5M12 8v5l3 2"></path>`,
  chart: svg`<path d="M3 21h18M6 17v-5M11 17V6M16 17v-8M20 17V3"></path>`,
  car: svg`<path d="M3 17v-4l3-6h12l3 6v4ZM5 17v3M19 17v3M4 13h16"></path>`,
};

/** @param {keyof typeof PATHS} name */
export const icon = (name) => html`<svg viewBox="0 0 24 24" width="1.15em" height="1.15em" fill="none" stroke="currentColor"
  stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" part="icon">${PATHS[name]}</svg>`;
