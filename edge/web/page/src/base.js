/** What all components share: language changes, a slow clock, and the common look. */
import { LitElement, css } from 'lit';
import { onLanguage } from './i18n.js';

export class Part extends LitElement {
  /** Components that show durations set this. */
  static ticks = false;

  connectedCallback() {
    super.connectedCallback();
    this._unlisten = onLanguage(() => this.requestUpdate());
    if (this.constructor.ticks) this._timer = setInterval(() => this.requestUpdate(), 1000);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._unlisten();
    clearInterval(this._timer);
  }

  /** Tell the page. @param {string} name @param {unknown} [detail] */
  say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  /** The answer to a question; undefined where a newer one about the same was asked meanwhile: answers may overtake
   * each other. @template T @param {string} about @param {Promise<T>} question @returns {Promise<T | undefined>} */
  async newest(about, question) {
    this._asked = { ...this._asked, [about]: question };
    const answer = await question;
    return this._asked[about] === question ? answer : undefined;
  }
}

/** A view that loads what it shows when it comes to the front, and again every so often while it is there. */
export class View extends Part {
  /** How often, in milliseconds; 0: only when it comes to the front. */
  static refreshes = 0;

  connectedCallback() {
    super.connectedCallback();
    const every = this.constructor.refreshes;
    if (every) this._refresh = setInterval(() => { if (this.shown && this.stale()) this.load(); }, every);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this._refresh);
  }

  updated(changed) {
    if (changed.has('shown') && this.shown) this.load();
  }

  /** Whether what is in front may be loaded anew by itself. */
  stale() {
    return true;
  }
}

export const look = css`
  :host { display: block; min-width: 0; }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h1, h2, h3, p { margin: 0; }
  h2 { font-size: 1rem; font-weight: 600; color: var(--dim); letter-spacing: .04em; }
  .panel { background: var(--panel); border: 1px solid var(--line); border-radius: var(--radius); padding: 14px; }
  .dim { color: var(--dim); }
  .small { font-size: .89rem; }
  .row { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; }
  .grow { flex: 1; min-width: 0; }
  button, input, select {
    font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 10px;
    min-height: 48px; padding: 6px 16px;
  }
  button { cursor: pointer; font-weight: 600; touch-action: manipulation; user-select: none; }
  button:hover:not(:disabled) { border-color: var(--accent); }
  button:disabled { opacity: .45; cursor: default; }
  button.primary { min-height: 64px; font-size: 1.15rem; padding: 8px 26px; }
  button.good { background: var(--ok-deep); border-color: var(--ok); }
  button.bad { background: transparent; border-color: var(--bad); color: var(--bad); }
  button.plain { background: transparent; }
  button[aria-pressed="true"] { background: #1d4a7a; border-color: var(--accent); }
  button.on { background: var(--bad-deep); border-color: var(--bad); color: #fff; }
  input { width: 100%; background: var(--bg); cursor: text; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .tag { display: inline-block; padding: 0 10px; border-radius: 99px; border: 1px solid currentColor; font-size: .84rem; white-space: nowrap; }
  .tag.ok { color: var(--ok); } .tag.warn { color: var(--warn); } .tag.bad { color: var(--bad); }
  svg[part=icon] { vertical-align: -.2em; }
  .verdict { padding: 8px 14px; border-radius: 10px; font-weight: 600; }
  .verdict.ok { background: var(--ok-deep); } .verdict.no { background: var(--bad-deep); } .verdict.wait { background: var(--raised); }
`;

/** What the further views share: a sheet with a head, a form, and a list that scrolls. */
export const sheet = css`
  .sheet { height: 100%; display: flex; flex-direction: column; gap: var(--gap); min-height: 0; }
  .sheet > header { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; }
  h1 { font-size: 1.5rem; }
  .scroll { flex: 1; overflow: auto; min-height: 0; }
  .fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 10px; align-items: end; }
  input[type=datetime-local] { padding: 6px 8px; min-width: 0; }
  label { display: grid; gap: 3px; min-width: 0; } label > span { color: var(--dim); font-size: .89rem; }
  a.button { display: inline-flex; align-items: center; min-height: 64px; padding: 6px 20px; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); color: inherit; font-weight: 600; text-decoration: none; }
  .chips { display: flex; flex-wrap: wrap; gap: 8px; }
  table { border-collapse: collapse; width: 100%; }
  th { position: sticky; top: 0; background: var(--panel); text-align: left; color: var(--dim); font-weight: 600; font-size: .89rem; padding: 6px 10px 6px 0; z-index: 1; }
  td { border-top: 1px solid var(--line); padding: 9px 10px 9px 0; vertical-align: top; overflow-wrap: anywhere; }
  thead td { border: 0; position: sticky; top: 0; background: var(--panel); z-index: 1; } td b { font-size: 1.05rem; } .num { font-variant-numeric: tabular-nums; white-space: nowrap; }
  .late { color: var(--warn); font-weight: 700; }
`;
