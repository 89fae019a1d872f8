/** Facts as sentences for a person. */
import { momentText, setZone, timeText } from './clock.js';
import { find, language, t } from './i18n.js';

let skewS = 0;
let places = new Map();
let kinds = {};

/** The server's clock and the names of places, kept here for all sentences. */
export function setClock(value) {
  skewS = value ?? 0;
}

export function setPlaces(state) {
  setZone(state.site.timezone);
  places = new Map();
  for (const lane of state.lanes) places.set(`lane:${lane.name}`, lane.place || lane.name);
  for (const camera of state.cameras) places.set(`camera:${camera.name}`, camera.place || camera.name);
  for (const board of state.boards) places.set(`board:${board.name}`, board.name);
  for (const zone of state.zones ?? []) places.set(zone.source, zone.place);
  for (const kind of ['door', 'siren', 'reader', 'input']) {
    for (const one of state[`${kind}s`] ?? []) places.set(`${kind}:${one.name}`, one.place || one.name);
  }
}

export const nowS = () => Date.now() / 1000 + skewS;

/** 14:03:22, with the date when it is not today. */
export const clock = (atS) => timeText(atS, nowS());

/** 11-21 14:03: what a register's line needs. */
export const moment = (atS) => (atS ? momentText(atS) : '');

export { fieldSeconds, fieldText as localField } from './clock.js';

/** Unix seconds of a time that is a number already or ISO 8601. */
export const seconds = (time) => (typeof time === 'string' ? Date.parse(time) / 1000 : time);

/** How long since, in one unit. */
export function ago(atS) {
  const s = Math.max(0, Math.round(nowS() - atS));
  if (s < 60) return t('time.s', { n: s });
  if (s < 3600) return t('time.min', { n: Math.floor(s / 60) });
  return t('time.h', { n: Math.floor(s / 3600) });
}

/** How sure a read is, in words. */
export function sureness(outcome, confidence) {
  if (outcome === 'sure') return t('sure.yes');
  return t(confidence >= 0.6 ? 'sure.some' : 'sure.no');
}

export const placeOf = (source) => places.get(source) ?? '';

/** A reason of the gateway, of a chip, or a person's own words. */
export function reasonText(reason, first = 'reason') {
  if (!reason) return '';
  const [key, rest] = reason.split(/:(.*)/s);
  return find(`${first}.${reason}`) ?? find(`reason.${reason}`) ?? find(`why.${reason}`)
    ?? find(`${first}.${key}`, { rest }) ?? find(`reason.${key}`, { rest }) ?? oneLanguage(reason);
}

/** Messages of the gateway carry both languages: 中文 / English. */
function oneLanguage(text) {
  const parts = text.split(' / ');
  return parts.length === 2 ? parts[language() === 'zh' ? 0 : 1] : text;
}

/** A person's name as the page shows it. */
export const nameOf = (name) => (name === 'setup' ? t('who.setup') : name);

/** What the gateway answered to a press. */
export function verdictText(verdict) {
  if (verdict.kept) return t('outbox.kept');
  if (verdict.ok) return `${t('verdict.ok')} · ${reasonText(verdict.reason)}`;
  const own = reasonText(verdict.reason);
  const said = own === verdict.reason ? verdict.error?.[language()] ?? own : own;
  return `${t('verdict.no')} · ${said}`;
}

/** The gateway's own words for its kinds of events: `{kind: {zh, en}}`. */
export function setKinds(table) {
  kinds = table;
}

export const kindText = (kind) => kinds[kind]?.[language()] ?? kind;

/** Events that carry their place themselves. */
const TOURING = /^(patrol|report)\./;

/** An event as the parts of a sentence. */
export function sentence(event) {
  const b = event.body ?? {};
  const actor = event.source.startsWith('operator:') ? event.source.slice(9) : b.operator ?? b.by ?? '';
  const lane = b.lane ? `lane:${b.lane}` : b.door ? `door:${b.door}` : event.source;
  const what = event.kind.startsWith('alarm.') && b.kind ? `${kindText(event.kind)} · ${kindText(b.kind)}` : kindText(event.kind);
  const technical = event.kind.startsWith('command.') || event.kind.startsWith('lane.') ? 'fault' : 'reason';
  const details = [reasonText(b.reason ?? b.fault ?? b.cause ?? b.outcome, technical), reasonText(b.note), b.account ?? ''];
  // An export counts its media under the same name.
  const own = Array.isArray(b.media) ? b.media.filter((m) => m.mime?.startsWith('image/')) : [];
  if (!details[0] && b.detail) details.push(reasonText(String(b.detail), 'fault'));
  return {
    place: b.place_of_lane ?? (placeOf(lane) || (TOURING.test(event.kind) ? b.place || b.title || '' : '')),
    what: b.drill ? `${t('drill.word')} ${what}` : what,
    plate: b.plate ?? b.text ?? '',
    who: [b.subject, b.place && event.kind.startsWith('access.') ? b.place : ''].filter(Boolean).join(' '),
    details: details.filter(Boolean).join(' · '),
    actor: nameOf(actor),
    picture: b.picture ?? own.find((m) => m.role !== 'stranger')?.sha256 ?? null,
    face: own.find((m) => m.role === 'stranger')?.sha256 ?? null, // covered until somebody opens it, on record
  };
}

const QUIET = new Set(['alarm.opened', 'visit.ended', 'plate.read', 'command.done', 'lane.opening', 'lane.opened', 'lane.passing', 'lane.closed', 'door.unlocked', 'door.opened', 'door.closed', 'alarm.returned']);

/** Events that only matter to those who look closely. */
export const isQuiet = (event) => QUIET.has(event.kind);

/** 'bad', 'warn', 'ok' or ''. */
export function tone(event) {
  if (event.kind === 'access.granted' || event.kind === 'operator.opened' || /\.(back|online|restored|line_ok)$/.test(event.kind)) return 'ok';
  if (event.kind === 'access.referred') return 'warn';
  if (event.priority <= 1 || event.kind === 'access.denied' || event.kind === 'auth.failed') return 'bad';
  return '';
}
