/** A soft two-tone beep, synthesised; a browser allows it only after a tap. */
let context = null;

export const soundOn = () => context?.state === 'running';

export async function armSound() {
  context ??= new AudioContext();
  await context.resume();
}

/** From soft to continuous, by how long nobody has taken an alarm (s). */
const LOUDER_S = 15;
const CONTINUOUS_S = 45;
let waiting = [];
let round = 0;

/** Alarms that sound until somebody takes them: repeated softly, louder after 15 s, without a pause after 45 s. */
export function ringFor(alarms) {
  const known = new Map(waiting.map((one) => [one.id, one]));
  const all = alarms.filter((a) => a.priority < 3 && !a.acknowledged_by && !a.shelved);
  const real = all.filter((a) => !a.drill);
  const open = real.length ? real : all; // practice is silent as soon as something real waits
  waiting = open.map((a) => known.get(a.id) ?? { id: a.id, urgent: a.priority === 1, drill: Boolean(a.drill), sinceMs: Date.now() - (a.age_s ?? 0) * 1000 });
}

let quiet = { ids: new Set(), untilMs: 0 };

/** What sounds now is silent for a while at this page; what comes after it sounds at once. @param {number} seconds */
export function mute(seconds) {
  quiet = { ids: new Set(waiting.map((one) => one.id)), untilMs: Date.now() + seconds * 1000 };
}

const loud = () => (Date.now() < quiet.untilMs ? waiting.filter((one) => !quiet.ids.has(one.id)) : waiting);

setInterval(() => {
  round += 1;
  const heard = loud();
  const ages = heard.map((one) => (Date.now() - one.sinceMs) / 1000);
  const worst = Math.max(-1, ...ages);
  if (worst < 0) return;
  const urgent = heard.some((one) => one.urgent);
  const drill = heard.every((one) => one.drill);
  if (worst >= CONTINUOUS_S) beep(urgent, 0.5, drill);
  else if (worst >= LOUDER_S ? round % 2 === 0 : round % 4 === 0) beep(urgent, worst >= LOUDER_S ? 0.35 : 0.18, drill);
}, 1000);

/** Practice has two low, hollow tones of its own. @param {boolean} urgent @param {number} [loud] peak gain @param {boolean} [drill] */
export function beep(urgent, loud = 0.18, drill = false) {
  if (!soundOn()) return;
  const tones = drill ? [330, 262] : urgent ? [880, 660, 880] : [660, 880];
  tones.forEach((hertz, i) => {
    const at = context.currentTime + i * 0.18;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = hertz;
    if (drill) tone.type = 'triangle';
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loud, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.17);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.18);
  });
}
