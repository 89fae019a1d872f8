/** What the page showed last, kept in this browser until the log-out: readable when the gateway cannot be reached. */

const KEY = 'mw-last';
const EVERY_MS = 5000;
let savedMs = 0;

/** @param {any} session @param {any} state @param {any[]} events newest first, at most 200 @param {any} kinds */
export function remember(session, state, events, kinds) {
  if (!state || Date.now() - savedMs < EVERY_MS) return;
  savedMs = Date.now();
  const { name, role } = session;
  try {
    localStorage.setItem(KEY, JSON.stringify({ at_ms: savedMs, session: { name, role }, state, events, kinds }));
  } catch {
    localStorage.removeItem(KEY); // an old one that can no longer be replaced would mislead
  }
}

/** @returns {{at_ms: number, session: {name: string, role: string}, state: any, events: any[], kinds: any} | null} */
export function recall() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? 'null');
    return found?.session && found.state?.alarms && Array.isArray(found.events) ? found : null;
  } catch {
    return null;
  }
}

export function forget() {
  savedMs = 0;
  localStorage.removeItem(KEY);
}
