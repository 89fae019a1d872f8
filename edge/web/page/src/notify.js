/** Local notifications: an alarm reaches whoever has another window before the page. No push service, no internet. */
import { t } from './i18n.js';
import { kindText } from './words.js';

const SHOWN_MAX_PRIORITY = 2;

/** @param {{seq: number, body: any}} event an ``alarm.opened`` */
export async function notifyAlarm({ body }) {
  if (!document.hidden || body.alarm_priority > SHOWN_MAX_PRIORITY) return;
  if (!('Notification' in window) || Notification.permission !== 'granted') return;
  const title = `${body.drill ? `${t('drill.word')} ` : ''}${t(`priority.${body.alarm_priority}`)} · ${kindText(body.kind)}`;
  const about = { body: body.place ?? '', tag: body.alarm, requireInteraction: body.alarm_priority === 1 };
  // Android shows them through the service worker alone.
  const worker = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (worker) await worker.showNotification(title, about);
  else new Notification(title, about).onclick = () => window.focus();
}
