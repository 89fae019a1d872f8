/** A button that acts only when it is held: a mis-tap opens nothing. Space or Enter held works too. */
import { css, html } from 'lit';
import { Part, look } from './base.js';

const HOLD_MS = 800;

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
      @pointerdown=${this.begin} @pointerup=${this.cancel} @pointerleave=${this.cancel} @pointercancel=${this.cancel}
      @contextmenu=${(e) => e.preventDefault()} @keydown=${this.key} @keyup=${this.cancel} @blur=${this.cancel}>
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
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.holding = false;
      this.say('held');
    }, HOLD_MS);
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
