/** Words in two languages; every key exists in both (tested). */
import zh from './locales/zh.json';

/** Chinese is always there, also where it must stand in for the other one until that has come. */
const tables = { zh };
const loads = { en: () => import('./locales/en.json') };
const changes = new EventTarget();
let current = localStorage.getItem('mw-lang') ?? (document.documentElement.lang === 'en' ? 'en' : 'zh');
document.documentElement.lang = current;
fetchTable(current).catch(() => setLanguage('zh'));

async function fetchTable(wanted) {
  if (tables[wanted]) return;
  tables[wanted] = (await loads[wanted]()).default;
  changes.dispatchEvent(new Event('change'));
}

export const language = () => current;

/** @param {'zh' | 'en'} next */
export function setLanguage(next) {
  current = next;
  localStorage.setItem('mw-lang', next);
  document.documentElement.lang = next;
  changes.dispatchEvent(new Event('change'));
  fetchTable(next).catch(() => setLanguage('zh'));
}

/** @param {() => void} listener @returns {() => void} the end of listening */
export function onLanguage(listener) {
  changes.addEventListener('change', listener);
  return () => changes.removeEventListener('change', listener);
}

/** The text of a key, or undefined. @param {string} key @param {Record<string, unknown>} [values] */
export function find(key, values = {}) {
  const text = (tables[current] ?? zh)[key];
  return text?.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** The text of a key, or the key itself. @param {string} key @param {Record<string, unknown>} [values] */
export const t = (key, values) => find(key, values) ?? key;
