/** Live pictures of all cameras over one WebSocket: six connections are all that a browser opens to one address. */

const PAUSE_MIN_MS = 500;
const PAUSE_MAX_MS = 5000;
const TOO_MANY = 4429;
const text = new TextDecoder();

/** What each camera's tiles want to be shown. @type {Map<string, Set<Function>>} */
const shows = new Map();
let socket = null;
let timer = 0;
let pauseMs = PAUSE_MIN_MS;
let asked = '';

/** Whether the gateway has no room for one more page that watches. */
export let crowded = false;

/**
 * Show a camera until the returned function is called.
 * @param {string} camera
 * @param {(bitmap: ImageBitmap, bornMs: number) => void} show bornMs: when it was captured, on performance.now()
 * @returns {() => void}
 */
export function watch(camera, show) {
  if (!shows.has(camera)) shows.set(camera, new Set());
  shows.get(camera).add(show);
  ask();
  return () => {
    const of = shows.get(camera);
    of?.delete(show);
    if (!of?.size) shows.delete(camera);
    setTimeout(ask, 300); // a tile that moves comes back at once
  };
}

/** Tell the gateway what is wanted; a page that nobody sees wants nothing. */
function ask() {
  const wanted = document.hidden ? [] : [...shows.keys()].sort();
  if (!wanted.length) return close();
  if (!socket) return open();
  const say = JSON.stringify({ watch: wanted });
  if (socket.readyState !== WebSocket.OPEN || say === asked) return undefined;
  asked = say;
  return socket.send(say);
}

function close() {
  clearTimeout(timer);
  timer = 0;
  const old = socket;
  socket = null;
  old?.close();
}

function open() {
  if (timer) return;
  const mine = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/live`);
  socket = mine;
  asked = '';
  mine.binaryType = 'arraybuffer';
  mine.onopen = ask;
  mine.onmessage = ({ data }) => paint(mine, data);
  mine.onclose = ({ code }) => {
    if (socket !== mine) return;
    socket = null;
    crowded = code === TOO_MANY;
    timer = setTimeout(() => { timer = 0; ask(); }, (crowded ? PAUSE_MAX_MS : pauseMs) * (0.8 + 0.4 * Math.random()));
    pauseMs = Math.min(pauseMs * 1.6, PAUSE_MAX_MS);
  };
}

/** u16 length of the header, header as JSON, JPEG; the gateway hears what was painted and sends no more than that. */
async function paint(from, data) {
  const length = new DataView(data).getUint16(0);
  const head = JSON.parse(text.decode(new Uint8Array(data, 2, length)));
  const bornMs = performance.now() - head.age_s * 1000;
  pauseMs = PAUSE_MIN_MS;
  crowded = false;
  try {
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(data, 2 + length)], { type: 'image/jpeg' }));
    for (const show of shows.get(head.camera) ?? []) show(bitmap, bornMs);
    bitmap.close();
  } catch {
    // A picture that cannot be decoded is one that is missing: the tile's age tells.
  }
  if (from.readyState === WebSocket.OPEN) from.send(JSON.stringify({ seen: head.number }));
}

document.addEventListener('visibilitychange', ask);
