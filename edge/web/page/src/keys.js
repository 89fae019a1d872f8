/** The keyboard of the gate-house PC. Nothing here acts by itself but taking an alarm; a barrier still needs reason and hold. */
import { css, html } from 'lit';
import { Part, look } from './base.js';
import { t } from './i18n.js';
import { mute } from './sound.js';

const MUTE_S = 60;
const ROWS = ['1-9', 'Space', 'N', 'F', 'O', 'M', '/', '?'];
const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]';

class Keys extends Part {
  static styles = [look, css`
    dialog { border: 1px solid var(--line); border-radius: 14px; padding: 20px 26px; background: var(--panel); color: inherit; max-width: 640px; } dialog::backdrop { background: #000a; }
    table { border-collapse: collapse; margin: 12px 0; } th, td { text-align: left; padding: 7px 18px 7px 0; border-top: 1px solid var(--line); }
    kbd { font: inherit; font-weight: 700; border: 1px solid var(--line); border-radius: 6px; padding: 1px 10px; background: var(--raised); }
  `];

  render() {
    return html`<dialog aria-label=${t('keys.title')}><h1>${t('keys.title')}</h1>
      <table>${ROWS.map((key) => html`<tr><th scope="row"><kbd>${key}</kbd></th><td>${t(`keys.${key}`)}</td></tr>`)}</table>
      <button class="primary" autofocus @click=${() => this.renderRoot.querySelector('dialog').close()}>${t('close')}</button></dialog>`;
  }

  async show() {
    await this.updateComplete;
    this.renderRoot.querySelector('dialog').showModal();
  }
}
customElements.define('mw-keys', Keys);

let chosen = '';

/** @param {any} app the page @param {KeyboardEvent} event @param {any} at where it was pressed */
export function pressed(app, event, at) {
  if (!app.session || event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  if (at.closest?.(TYPING) || at.closest?.('dialog[open]')) return;
  const act = find(event.key, at);
  if (!act) return;
  event.preventDefault();
  act(app);
}

function find(key, at) {
  if (/^[1-9]$/.test(key)) return (app) => choose(app, Number(key) - 1);
  if (key === ' ') return at.closest?.('button, a, summary') ? null : (app) => press(app, 'Space');
  return {
    n: (app) => press(app, 'N'), f: (app) => press(app, 'F'), o: open, m: silence,
    '/': search, '?': help,
  }[key.toLowerCase()];
}

const cards = (app) => [...(app.renderRoot.querySelector('mw-alarms')?.renderRoot.querySelectorAll('mw-alarm-card') ?? [])];

async function choose(app, index) {
  app.show('desk');
  await app.updateComplete;
  const card = cards(app)[index];
  if (!card) return;
  chosen = card.alarm.id;
  for (const one of cards(app)) one.chosen = one === card;
  await card.updateComplete;
  card.renderRoot.querySelector('article').focus();
  card.scrollIntoView({ block: 'nearest' });
}

/** A button of the chosen alarm, as if it were tapped. */
async function press(app, key) {
  const card = cards(app).find((one) => one.alarm.id === chosen);
  if (!card) await choose(app, 0);
  else card.renderRoot.querySelector(`[data-key=${key}]`)?.click();
}

/** First the reasons, then, with one chosen, the button that wants to be held. */
async function open(app) {
  app.show('desk');
  if (!app.target) app.aim({ lane: app.state?.lanes[0]?.name, visit: null });
  await app.updateComplete;
  const focus = app.renderRoot.querySelector('mw-focus, mw-door-card');
  await focus?.updateComplete;
  const hold = focus?.renderRoot.querySelector('mw-hold');
  const chips = focus?.renderRoot.querySelector('mw-reasons');
  if (hold && !hold.disabled) hold.renderRoot.querySelector('button').focus();
  else chips?.renderRoot.querySelector('button')?.focus();
}

function silence(app) {
  mute(MUTE_S);
  app.notice = t('keys.muted');
  setTimeout(() => { if (app.notice === t('keys.muted')) app.notice = ''; }, MUTE_S * 1000);
}

/** The view may still be on its way, for as long as that takes. */
async function search(app) {
  await app.show('register');
  await app.updateComplete;
  const view = app.view === 'register' ? app.renderRoot.querySelector('mw-register') : null;
  await view?.updateComplete;
  view?.renderRoot.querySelector('input[type=search]')?.focus();
}

function help(app) {
  let dialog = app.renderRoot.querySelector('mw-keys');
  if (!dialog) {
    dialog = document.createElement('mw-keys');
    app.renderRoot.append(dialog);
  }
  dialog.show();
}
