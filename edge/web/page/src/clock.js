/** Times of day at the site, wherever the browser stands. */

const PARTS = { year: 'numeric', month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };

let zone;
let format = new Intl.DateTimeFormat('en', PARTS);

/** The site's time zone; the browser's own where it does not know that one. */
export function setZone(name) {
  if (name === zone) return;
  zone = name;
  try {
    format = new Intl.DateTimeFormat('en', { ...PARTS, timeZone: name });
  } catch {
    format = new Intl.DateTimeFormat('en', PARTS);
  }
}

const partsOf = (atS) => Object.fromEntries(format.formatToParts(atS * 1000).map((part) => [part.type, part.value]));

/** 14:03:22, with the date when that is not today. */
export function timeText(atS, nowS) {
  const [at, now] = [partsOf(atS), partsOf(nowS)];
  const time = `${at.hour}:${at.minute}:${at.second}`;
  const today = ['year', 'month', 'day'].every((part) => at[part] === now[part]);
  return today ? time : `${at.month}-${at.day} ${time}`;
}

/** 11-21 14:03, for a table. */
export function momentText(atS) {
  const at = partsOf(atS);
  return `${at.month.padStart(2, '0')}-${at.day.padStart(2, '0')} ${at.hour}:${at.minute}`;
}

/** What a field of type datetime-local holds: the site's time without an offset. */
export function fieldText(atS) {
  const at = partsOf(atS);
  return `${at.year}-${at.month.padStart(2, '0')}-${at.day.padStart(2, '0')}T${at.hour}:${at.minute}`;
}

/** Unix seconds of such a field. */
export function fieldSeconds(text) {
  const wanted = Date.parse(`${text}Z`) / 1000;
  const offset = (atS) => Date.parse(`${fieldText(atS)}Z`) / 1000 - Math.floor(atS / 60) * 60;
  const near = wanted - offset(wanted);
  return wanted - offset(near); // a second look, since the clocks may have changed in between
}
