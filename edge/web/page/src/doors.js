/** Every door: its leaf and lock as a drawing and in words; unlocking by hand leads to the large card. */
import { css, html, nothing, svg } from 'lit';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { find, t } from './i18n.js';
import { ago, clock, reasonText } from './words.js';
import { sirenText, sounding } from './bars.js';

const TONES = { forced: 'bad', held_open: 'bad', offline: 'bad', fire_released: 'bad', open: 'warn', free: 'warn', locked: 'idle' };
export const ALARMING = new Set(['forced', 'held_open', 'fire_released']);

export const doorText = (door) => find(`door.${door.state}`) ?? door.state;
export const doorTone = (door) => TONES[door.state] ?? '';

/** What hinders the door beside its state. */
export const troubles = (door) => [reasonText(door.fault, 'fault'), door.interlocked ? t('door.interlocked') : ''].filter(Boolean);

class Doors extends Part {
  static properties = { doors: { attribute: false }, sirens: { attribute: false } };

  static ticks = true;

  static styles = [look, css`
    section { display: grid; padding: 6px 14px; }
    article { display: grid; grid-template-columns: 40px minmax(0, 1fr) auto; gap: 4px 12px; align-items: center; padding: 6px 8px; margin: 0 -8px; border-radius: 8px; }
    article + article { border-top: 1px solid var(--line); }
    article.alarming { background: var(--bad-deep); border: 2px solid var(--bad); }
    .door { width: 40px; height: 50px; }
    .name { font-weight: 700; } .state { font-weight: 700; color: var(--ok); } .state.bad { color: var(--bad); } .state.warn { color: var(--warn); } .state.idle { color: var(--text); }
    .alarming .state { color: #fff; font-size: 1.1rem; }
    button { padding: 6px 12px; }
    .sirens { padding: 6px 0; border-top: 1px solid var(--line); font-size: .89rem; color: var(--dim); } .loud { color: var(--bad); font-weight: 700; }
  `];

  render() {
    if (!this.doors.length && !this.sirens.length) return nothing;
    return html`<section class="panel" aria-label=${t('doors.title')}>${[...this.doors].sort((a, b) => ALARMING.has(b.state) - ALARMING.has(a.state)).map((door) => this.one(door))}
      ${this.sirens.length ? html`<div class="sirens row">${this.sirens.map((one) => html`<span class=${sounding(one) ? 'loud' : ''}>${icon('siren')} ${one.place || one.name} · ${sirenText(one.state)}</span>`)}</div>` : nothing}
    </section>`;
  }

  one(door) {
    const until = door.unlocked_until_s ? t('lanes.until', { at: clock(door.unlocked_until_s) }) : '';
    const since = ALARMING.has(door.state) && door.since_s ? ago(door.since_s) : '';
    return html`<article class=${ALARMING.has(door.state) ? 'alarming' : ''} aria-label=${door.place || door.name}>
      ${leaf(door)}
      <div><span class="name">${door.place || door.name}</span><br>
        <span class="state ${doorTone(door)}">${doorTone(door) === 'bad' ? icon(door.state === 'fire_released' ? 'fire' : 'warn') : nothing} ${[doorText(door), until, since].filter(Boolean).join(' · ')}</span>
        ${troubles(door).map((text) => html`<div class="small">${text}</div>`)}</div>
      <button @click=${() => this.say('target', { door: door.name, visit: null })}>${t('doors.unlock')}</button>
    </article>`;
  }
}
customElements.define('mw-doors', Doors);

/** The leaf turned when the contact says open, the lock's shackle lifted when it is unlocked. */
export function leaf(door) {
  const color = { bad: 'var(--bad)', warn: 'var(--warn)', idle: 'var(--accent)', '': 'var(--ok)' }[doorTone(door)];
  const open = door.contact ?? ['open', 'held_open', 'forced'].includes(door.state);
  const locked = door.state === 'locked' || (door.state === 'open' && !door.unlocked_until_s);
  const mark = { forced: '!', held_open: '!', offline: '?' }[door.state];
  return html`<svg class="door" viewBox="0 0 40 50" aria-hidden="true">
    <path d="M4 48V3h27v45" fill="none" stroke="var(--dim)" stroke-width="3"></path>
    <path d=${open ? 'M5 3 19 9v40L5 47Z' : 'M6 5h23v43H6Z'} fill=${color} fill-opacity=".35" stroke=${color} stroke-width="2"></path>
    ${mark ? svg`<text x="17" y="34" font-size="24" font-weight="800" text-anchor="middle" fill="#fff">${mark}</text>`
      : svg`<rect x="24" y="25" width="14" height="11" rx="2" fill=${color}></rect>
        <path d=${locked ? 'M27 25v-4a4 4 0 0 1 8 0v4' : 'M27 25v-6a4 4 0 0 1 8-1'} fill="none" stroke=${color} stroke-width="2.4"></path>`}
  </svg>`;
}
