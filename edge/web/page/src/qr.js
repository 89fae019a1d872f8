/**
 * A short number as a QR code (ISO/IEC 18004): version 1, correction level M, numeric mode, mask 0. Drawn in the browser,
 * so that a code's digits go nowhere else.
 */
import { svg } from 'lit';

const SIDE = 21;
const QUIET = 4;
const DATA_BYTES = 16;
const CHECK_BYTES = 10;
/** Level M, mask 0, with its BCH check and the standard's mask (7.9). */
const FORMAT = 0b101010000010010;
export const DIGITS_MAX = 34;

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i += 1) {
  EXP[i] = x; EXP[i + 255] = x; LOG[x] = i;
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[LOG[a] + LOG[b]] : 0);

/** The code as a template for an svg element. @param {string} digits */
export function qrCode(digits) {
  const dark = modules(digits);
  const path = dark.flatMap((row, y) => row.map((on, x) => (on ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : ''))).join('');
  const side = SIDE + 2 * QUIET;
  return svg`<rect width=${side} height=${side} fill="#fff"></rect><path d=${path} fill="#000"></path>`;
}

/** Modules, true is dark. @param {string} digits @returns {boolean[][]} */
export function modules(digits) {
  if (!/^\d+$/.test(digits) || digits.length > DIGITS_MAX) throw new RangeError('1 to 34 digits');
  const dark = Array.from({ length: SIDE }, () => Array(SIDE).fill(null));
  fixed(dark);
  const bits = [...withCheck(bytesOf(digits))].flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1));
  let at = 0;
  for (let right = SIDE - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5; // the column of the timing pattern
    for (let step = 0; step < SIDE; step += 1) {
      const y = up ? SIDE - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (dark[y][x] === null) { dark[y][x] = Boolean((bits[at] ?? 0) ^ ((x + y) % 2 === 0 ? 1 : 0)); at += 1; }
      }
    }
  }
  return dark;
}

function bytesOf(digits) {
  let bits = `0001${digits.length.toString(2).padStart(10, '0')}`;
  for (let i = 0; i < digits.length; i += 3) {
    const group = digits.slice(i, i + 3);
    bits += Number(group).toString(2).padStart([0, 4, 7, 10][group.length], '0');
  }
  bits += '0'.repeat(Math.min(4, DATA_BYTES * 8 - bits.length));
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
  const bytes = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2));
  for (let pad = 0xec; bytes.length < DATA_BYTES; pad ^= 0xec ^ 0x11) bytes.push(pad);
  return bytes;
}

/** Reed-Solomon over GF(256), polynomial 0x11D. */
function withCheck(data) {
  let generator = [1];
  for (let i = 0; i < CHECK_BYTES; i += 1) {
    const next = [...generator, 0];
    generator.forEach((factor, j) => { next[j + 1] ^= times(factor, EXP[i]); });
    generator = next;
  }
  const rest = [...data, ...Array(CHECK_BYTES).fill(0)];
  data.forEach((_, i) => {
    const lead = rest[i];
    generator.forEach((factor, j) => { rest[i + j] ^= times(factor, lead); });
  });
  return [...data, ...rest.slice(DATA_BYTES)];
}

/** Finders with their white border, timing, the dark module, and the format on both places. */
function fixed(dark) {
  const set = (x, y, on) => { if (x >= 0 && y >= 0 && x < SIDE && y < SIDE) dark[y][x] = Boolean(on); };
  for (const [left, top] of [[0, 0], [SIDE - 7, 0], [0, SIDE - 7]]) {
    for (let y = -1; y <= 7; y += 1) {
      for (let x = -1; x <= 7; x += 1) {
        const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
        set(left + x, top + y, ring <= 3 && ring !== 2);
      }
    }
  }
  for (let i = 8; i < SIDE - 8; i += 1) { set(i, 6, i % 2 === 0); set(6, i, i % 2 === 0); }
  const bit = (i) => (FORMAT >> i) & 1;
  for (let i = 0; i < 15; i += 1) {
    // Upright beside the top left finder and below it; lying beside the other two.
    set(8, i < 6 ? i : i < 8 ? i + 1 : SIDE - 15 + i, bit(i));
    set(i < 8 ? SIDE - 1 - i : i < 9 ? 15 - i : 14 - i, 8, bit(i));
  }
  set(8, SIDE - 8, true);
}
