/** Marks drawn as lines, so that no font has to bring them. */
import { html, svg } from 'lit';

const PATHS = {
  warn: svg`<path d="M12 3 22 20H2Z"></path><path d="M12 9v5M12 17v.5"></path>`,
  stop: svg`<circle cx="12" cy="12" r="9"></circle><path d="M7 12h10" stroke-width="3.4"></path>`,
  info: svg`<circle cx="12" cy="12" r="9"></circle><path d="M12 11v6M12 7v.5"></path>`,
  bell: svg`<path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4Z"></path><path d="M10 21h4"></path>`,
  mute: svg`<path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4Z"></path><path d="M3 3l18 18"></path>`,
  fire: svg`<path d="M12 2c1 4 6 6 6 12a6 6 0 0 1-12 0c0-3 2-4 3-6 1 2 2 2 2 4 2-3 1-6 1-10Z"></path>`,
};

/** @param {keyof typeof PATHS} name */
export const icon = (name) => html`<svg viewBox="0 0 24 24" width="1.15em" height="1.15em" fill="none" stroke="currentColor"
  stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" part="icon">${PATHS[name]}</svg>`;
