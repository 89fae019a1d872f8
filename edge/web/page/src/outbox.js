/** Acts on alarms that were pressed while the link was lost: kept with their time, sent in order, each once.
 * Barriers, doors and sirens are never kept: a gate that opens an hour late is worse than one that does not. */

const KEY = 'mw-outbox';
const KEPT_MAX = 200;
const LATER = /^\/v1\/alarms\/([^/]+)\/(acknowledge|advance|close|call-back)$/;
const changes = new Set();
let items = load();
let sending = null;

/** @typedef {{ who: string, path: string, body: any }} Kept */

/** Whether an act may be kept for later. @param {string} path */
export const keepable = (path) => LATER.test(path) && items.length < KEPT_MAX;

/** What somebody has pressed and the gateway does not know yet. @param {string} who @returns {Kept[]} */
export const unsent = (who) => items.filter((item) => item.who === who);

/** @param {() => void} listener @returns {() => void} */
export function onOutbox(listener) {
  changes.add(listener);
  return () => changes.delete(listener);
}

/** @param {Kept} item */
export function keepAct(item) {
  if (items.some((one) => one.body.request_id === item.body.request_id)) return;
  items = [...items, item];
  save();
}

/**
 * Send what is kept, in order. What the gateway refuses is told, not repeated; without an answer the rest waits on.
 * @param {string} who @param {(method: string, path: string, body: any) => Promise<{status: number, ok: boolean}>} send
 * @returns {Promise<number>} how many were refused
 */
export function sendKept(who, send) {
  sending ??= deliver(who, send).finally(() => { sending = null; });
  return sending;
}

async function deliver(who, send) {
  let refused = 0;
  for (let item = unsent(who)[0]; item; item = unsent(who)[0]) {
    const { status, ok } = await send('POST', item.path, item.body);
    if (status === 0 || status === 401 || status >= 500) break;
    if (!ok) refused += 1;
    items = items.filter((one) => one !== item);
    save();
  }
  return refused;
}

/** The state as it will be once what is kept has arrived: an alarm that was taken is taken, and falls silent.
 * @template {{alarms: any[]}} S @param {S} state @param {string} who @returns {S} */
export function withKept(state, who) {
  const kept = unsent(who);
  if (!kept.length) return state;
  const alarms = state.alarms.map((alarm) => kept.reduce((a, item) => {
    const [, id, what] = LATER.exec(item.path);
    if (decodeURIComponent(id) !== a.id) return a;
    if (what === 'close') return { ...a, kept: true, shelved: a.shelved ?? null, acknowledged_by: a.acknowledged_by || who };
    if (what === 'advance') return { ...a, kept: true, acknowledged_by: a.acknowledged_by || who, stage: item.body.stage };
    if (what === 'acknowledge') return a.acknowledged_by ? a : { ...a, kept: true, acknowledged_by: who, stage: 'taken' };
    return a;
  }, alarm));
  return { ...state, alarms };
}

function load() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? found.filter((item) => LATER.test(item?.path) && item.body?.request_id).slice(0, KEPT_MAX) : [];
  } catch {
    return [];
  }
}

function save() {
  try {
    localStorage.setItem(KEY, JSON.stringify(items));
  } catch {
    // A full or barred storage: it is kept in memory until the page is closed.
  }
  changes.forEach((listener) => listener());
}
