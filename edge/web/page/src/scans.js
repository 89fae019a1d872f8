/** Scans of checkpoints: kept on the tablet until the gateway has them, sent in order, each once. */
import { call, requestId, verdictOf } from './api.js';
import { nowS } from './words.js';

const QUEUE = 'mw-patrol-queue';
const DEVICE = 'mw-patrol-device';
const KEPT_MAX = 500;
const OFFLINE_S = 15;
let sending = null;

const read = (name, none) => JSON.parse(localStorage.getItem(name) ?? 'null') ?? none;
const write = (name, value) => localStorage.setItem(name, JSON.stringify(value));

/** Scans that wait, of all guards of this tablet. @returns {any[]} */
export const waiting = () => read(QUEUE, []);

/** Keep a scan with its time; false when far too many wait already. @param {string} code @param {string} how @param {string} me */
export function keepScan(code, how, me) {
  if (waiting().length >= KEPT_MAX) return false;
  const device = read(DEVICE, { id: requestId(), seq: 0 });
  device.seq += 1;
  write(DEVICE, device);
  const scan = { code, how, me, at: nowS(), device: device.id, seq: device.seq, request_id: requestId() };
  write(QUEUE, [...waiting(), scan]);
  return true;
}

/**
 * Send what waits and was scanned by whoever is logged in; another guard's scans wait for that guard. Whoever asks while
 * it is being sent hears the same verdict.
 * @param {string} me @returns {Promise<object | null>} the verdict on the last one; null when nothing could be sent
 */
export function sendScans(me) {
  if (!sending && next(me)) sending = { me, verdict: deliver(me) };
  return sending?.me === me ? sending.verdict : Promise.resolve(null);
}

async function deliver(me) {
  let verdict = null;
  try {
    for (let scan = next(me); scan; scan = next(me)) {
      const { me: _me, at, ...body } = scan;
      const reply = await call('POST', '/v1/patrol/scan', nowS() - at > OFFLINE_S ? { ...body, at } : body);
      // 200 and 409 are verdicts, 422 is a code that can never be one; anything else is tried again later.
      if (![200, 409, 422].includes(reply.status)) break;
      write(QUEUE, waiting().filter((one) => one.request_id !== scan.request_id));
      verdict = verdictOf(reply);
    }
  } finally {
    sending = null;
  }
  return verdict;
}

const next = (me) => waiting().find((scan) => scan.me === me);
