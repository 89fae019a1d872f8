/** Small plots as SVG: bars over time, and bars with names. Colours come by class, so that the page's policy holds. */
import { css, html, nothing, svg } from 'lit';
import { t } from './i18n.js';

const WIDE = 720;
const TALL = 130;
const FOOT = 24;

export const plotLook = css`
  .plot { display: block; width: 100%; height: auto; max-height: 190px; }
  .plot rect { fill: #5aa0e6; } .plot rect.warn { fill: var(--warn); } .plot rect.back { fill: var(--raised); }
  .plot text { fill: var(--dim); font-size: 18px; } .plot .n { fill: currentColor; font-weight: 700; }
  .named { display: grid; grid-template-columns: minmax(90px, 30%) minmax(0, 1fr) auto; gap: 6px 12px; align-items: center; margin: 0; }
  .named dt { overflow-wrap: anywhere; } .named dd { margin: 0; } .named svg { display: block; width: 100%; height: 18px; } .named .n { font-weight: 700; text-align: right; }
`;

/**
 * Bars over time. @param {{name: string, n: number}[]} counts @param {string} words what they are, for those who cannot see
 * @param {(name: string) => string} [label] what stands below a bar
 */
export function barsOver(counts, words, label = (name) => name) {
  const most = Math.max(1, ...counts.map((one) => one.n));
  const step = WIDE / Math.max(1, counts.length);
  const every = Math.ceil(counts.length / (counts.length > 24 ? 16 : 24));
  const sum = counts.reduce((all, one) => all + one.n, 0);
  return html`<svg class="plot" viewBox="0 0 ${WIDE} ${TALL}" role="img" aria-label="${words} ${t('plots.sum', { n: sum, most })}">
    ${counts.map((one, at) => {
    const tall = ((TALL - FOOT - 22) * one.n) / most;
    const middle = (at + 0.5) * step;
    return svg`<rect x=${at * step + step * 0.1} y=${TALL - FOOT - Math.max(tall, 1)} width=${step * 0.8} height=${Math.max(tall, 1)} class=${one.n ? '' : 'back'}></rect>
      ${at % every ? nothing : svg`<text x=${middle} y=${TALL - 3} text-anchor="middle">${label(one.name)}</text>`}
      ${one.n && counts.length <= 24 ? svg`<text class="n" x=${middle} y=${TALL - FOOT - tall - 4} text-anchor="middle">${one.n}</text>` : nothing}`;
  })}</svg>`;
}

/** Bars with names, most first. @param {{name: string, n: number}[]} counts @param {(name: string) => string} label */
export function barsNamed(counts, label) {
  const most = Math.max(1, ...counts.map((one) => one.n));
  return html`<dl class="named">${counts.map((one) => html`<dt>${label(one.name)}</dt>
    <dd><svg class="plot" viewBox="0 0 100 18" preserveAspectRatio="none" aria-hidden="true"><rect class="back" width="100" height="18"></rect><rect width=${(100 * one.n) / most} height="18"></rect></svg></dd><dd class="n">${one.n}</dd>`)}</dl>`;
}

/** A share of 0 to 1 in words; cut, never rounded up to a hundred. */
export const percent = (share) => (share === null || share === undefined ? '—' : `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)}%`);

/** Seconds in the unit in which a person thinks of them. */
export function spanText(seconds) {
  if (seconds === null || seconds === undefined) return '—';
  if (seconds < 100) return t('plots.s', { n: Math.round(seconds) });
  if (seconds < 6000) return t('plots.min', { n: (seconds / 60).toFixed(1) });
  return t('plots.h', { n: (seconds / 3600).toFixed(1) });
}

/** A day at the site before or after another, as ISO text. */
export function dayAfter(day, days) {
  const at = new Date(`${day}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The first day of a month before or after that of a day. */
export function monthAfter(day, months) {
  return new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1 + months, 1)).toISOString().slice(0, 10);
}
