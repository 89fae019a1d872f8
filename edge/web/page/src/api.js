/** Requests to the gateway. Every act carries an idempotency key and is repeated only with the same one. */

import { keepAct, keepable, unsent } from './outbox.js';
import { nowS } from './words.js';

const ACT_TIMEOUT_MS = 5000; // an act that can wait is kept sooner

let csrf = '';
let me = '';
const listeners = new Set();

/** Called when the gateway no longer knows us. @param {() => void} listener */
export const onLoggedOut = (listener) => listeners.add(listener);

/** A key that is the same for all tries of one press. crypto.randomUUID needs HTTPS, this does not. */
export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/**
 * @param {string} method @param {string} path @param {unknown} [body] a file goes as it is
 * @returns {Promise<{status: number, ok: boolean, data: any}>} status 0: the gateway could not be reached
 */
export async function call(method, path, body, timeoutMs = 30000) {
  const headers = { Accept: 'application/json' };
  const file = body instanceof Blob;
  if (body !== undefined) headers['Content-Type'] = file ? body.type : 'application/json';
  if (method !== 'GET') headers['X-Menwei-CSRF'] = csrf;
  let response;
  try {
    response = await fetch(path, {
      method, headers, body: body === undefined || file ? body : JSON.stringify(body),
      cache: 'no-store', signal: AbortSignal.timeout?.(timeoutMs),
    });
  } catch {
    return { status: 0, ok: false, data: { error: { code: 'offline' } } };
  }
  const data = await response.json().catch(() => ({}));
  if (response.status === 401 && !path.startsWith('/v1/session')) listeners.forEach((listener) => listener());
  return { status: response.status, ok: response.ok, data };
}

/** Bytes as they are, such as a photo. @param {string} path @param {Blob} blob */
export async function upload(path, blob) {
  let response;
  try {
    response = await fetch(path, { method: 'POST', headers: { Accept: 'application/json', 'Content-Type': blob.type, 'X-Menwei-CSRF': csrf }, body: blob, signal: AbortSignal.timeout?.(30000) });
  } catch {
    return { status: 0, ok: false, data: { error: { code: 'offline' } } };
  }
  return { status: response.status, ok: response.ok, data: await response.json().catch(() => ({})) };
}

/** An act with its verdict and the whole answer; a lost connection is tried again with the same key, so it happens once. */
export async function act(path, body = {}, method = 'POST') {
  const whole = method === 'DELETE' ? undefined : { ...body, request_id: requestId() };
  if (me && keepable(path)) return actOrKeep(path, whole);
  for (let attempt = 0; ; attempt += 1) {
    const reply = await call(method, path, whole);
    if (reply.status !== 0 || attempt === 3) return verdictOf(reply);
    await new Promise((wake) => setTimeout(wake, 400 * 2 ** attempt));
  }
}

/** Without an answer, or behind others that have none yet, it is kept and sent later with the time of the press. */
async function actOrKeep(path, whole) {
  const pressedAtS = nowS();
  const reply = unsent(me).length ? { status: 0 } : await call('POST', path, whole, ACT_TIMEOUT_MS);
  if (reply.status !== 0) return verdictOf(reply);
  keepAct({ who: me, path, body: { ...whole, pressed_at_s: pressedAtS } });
  return { ok: true, kept: true, reason: 'kept', data: {}, at_ms: Date.now() };
}

/** @param {{ok: boolean, data: any}} reply */
export function verdictOf({ ok, data }) {
  const error = data.error;
  return { ok, reason: data.reason ?? error?.code ?? '', error, data, at_ms: Date.now() };
}

/** @param {{token: string} | {name: string, password: string}} given */
export async function logIn(given) {
  return keep(await call('POST', '/v1/session', given));
}

/** On a bound tablet. @param {string} name @param {string} pin */
export async function logInByPin(name, pin) {
  const reply = await call('POST', '/v1/session/pin', { name, pin });
  return reply.ok ? keep(reply) : reply; // a wrong one logs nobody out
}

export async function resume() {
  return keep(await call('GET', '/v1/session'));
}

export async function logOut() {
  await call('DELETE', '/v1/session');
  localStorage.removeItem('mw-in');
  me = '';
}

/** Whose page this is while the gateway cannot be asked. @param {string} name */
export function actAs(name) {
  me = name;
}

function keep(reply) {
  if (reply.ok) {
    csrf = reply.data.csrf;
    me = reply.data.name;
    localStorage.setItem('mw-in', '1');
  } else if (reply.status === 401) {
    localStorage.removeItem('mw-in');
  }
  return reply;
}
