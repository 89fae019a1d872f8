/** 开始值班: one tap arms what a browser gives only after a tap: sound, wake lock, notifications. What is lost is told. */
import { armSound, beep, soundOn } from './sound.js';

let wanted = false;
let lock = null;
const listeners = new Set();

/** @param {() => void} listener @returns {() => void} */
export function onArmed(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const tell = () => listeners.forEach((listener) => listener());

/** Whether somebody has begun the duty at this page. */
export const armed = () => wanted;

/** What a browser could give over HTTPS and does not over plain HTTP. */
export const insecure = () => !window.isSecureContext;

/** To be called from a tap. */
export async function arm() {
  wanted = true;
  const asked = 'Notification' in window && Notification.permission === 'default' ? Notification.requestPermission().catch(() => {}) : null;
  await Promise.all([armSound().then(() => beep(false)).catch(() => {}), keepAwake(), asked]);
  tell();
}

/** After a log-out nobody is on duty here. */
export function disarm() {
  wanted = false;
  lock?.release().catch(() => {});
  lock = null;
  tell();
}

/** What was armed and is no more: 'sound', 'wake', 'notify'. */
export function lost() {
  if (!wanted) return [];
  return [
    !soundOn() && 'sound',
    'wakeLock' in navigator && !lock && !document.hidden && 'wake',
    'Notification' in window && !insecure() && Notification.permission !== 'granted' && 'notify',
  ].filter(Boolean);
}

async function keepAwake() {
  if (!('wakeLock' in navigator) || lock || document.hidden) return;
  try {
    lock = await navigator.wakeLock.request('screen');
    lock.addEventListener('release', () => { lock = null; tell(); });
  } catch {
    lock = null; // the battery saver may refuse; the red bar says so
  }
}

document.addEventListener('visibilitychange', () => {
  if (wanted && !document.hidden) keepAwake().then(tell);
});
