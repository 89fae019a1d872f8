/** A button that acts only when it is held: a mis-tap opens nothing. Space or Enter held works too. */
import { css, html } from 'lit';
import { Part, look } from './base.js';

const HOLD_MS = 800;
const LATE_MS = 2000; // a page that was busy for longer acts on nothing that it missed

class HoldButton extends Part {
  static properties = { label: {}, hint: {}, disabled: { type: Boolean }, tone: {}, holding: { state: true } };

  static styles = [look, css`
    button { position: relative; overflow: hidden; width: 100%; touch-action: none; }
    i { position: absolute; inset: 0; background: var(--ok); opacity: .55; transform: scaleX(0); transform-origin: left; }
    .holding i { transform: scaleX(1); transition: transform ${HOLD_MS}ms linear; }
    b { position: relative; }
    small { position: relative; display: block; font-weight: 400; font-size: .8rem; }
    @media (prefers-reduced-motion: reduce) { .holding i { transition: none; opacity: .3; } }
  `];

  render() {
    return html`<button class="primary ${this.tone ?? 'good'} ${this.holding ? 'holding' : ''}" ?disabled=${this.disabled}
      aria-description=${this.hint ?? ''}
      @pointerdown=${this.begin} @pointerup=${this.release} @pointerleave=${this.cancel} @pointercancel=${this.cancel}
      @contextmenu=${(e) => e.preventDefault()} @keydown=${this.key} @keyup=${this.release} @blur=${this.cancel}>
      <i></i><b>${this.label}</b><small>${this.hint}</small></button>`;
  }

  key(event) {
    if ((event.key === ' ' || event.key === 'Enter') && !event.repeat) this.begin(event);
  }

  begin(event) {
    if (this.disabled || event.button) return;
    event.preventDefault();
    event.target.closest('button').focus({ preventScroll: true });
    this.holding = true;
    this.beganMs = event.timeStamp;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.act(), HOLD_MS);
  }

  act() {
    if (!this.holding) return;
    this.cancel();
    this.say('held');
  }

  /** Let go. A busy page may hear of it before its own timer: what was held long enough is held. */
  release(event) {
    const heldMs = event.timeStamp - this.beganMs;
    if (heldMs >= HOLD_MS && performance.now() - event.timeStamp < LATE_MS) this.act();
    else this.cancel();
  }

  /** A button that is barred while it is held lets go: what it was held for is no more. */
  willUpdate(changed) {
    if (changed.has('disabled') && this.disabled) this.cancel();
  }

  cancel() {
    clearTimeout(this.timer);
    this.holding = false;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.cancel();
  }
}
customElements.define('mw-hold', HoldButton);
