/** A soft two-tone beep, synthesised; a browser allows it only after a tap. */
let context = null;

export const soundOn = () => context?.state === 'running';

export async function armSound() {
  context ??= new AudioContext();
  await context.resume();
}

/** @param {boolean} urgent */
export function beep(urgent) {
  if (!soundOn()) return;
  const tones = urgent ? [880, 660, 880] : [660, 880];
  tones.forEach((hertz, i) => {
    const at = context.currentTime + i * 0.18;
    const tone = context.createOscillator();
    const gain = context.createGain();
    tone.frequency.value = hertz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.18, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.17);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.18);
  });
}
