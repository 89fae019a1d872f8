/** The service worker: the page opens without the gateway. It keeps the page's own parts and nothing that the gateway says. */
const NAME = 'menwei-' + '%version%';
const PARTS = '%parts%';
const PATIENCE_MS = 3000;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(['/', ...PARTS])).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith('menwei-') && name !== NAME).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname === '/') event.respondWith(page(request));
  else if (url.pathname.startsWith('/static/')) event.respondWith(part(request));
});

/** The gateway's own page while it answers, so that a new release shows at the next reload. */
async function page(request) {
  const kept = caches.open(NAME);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok) await (await kept).put('/', answer.clone());
    return answer;
  } catch (error) {
    const found = await (await kept).match('/');
    if (found) return found;
    throw error;
  }
}

/** Names carry their hash: what is kept is right. */
async function part(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** A tap on a notification brings the page to the front. */
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(self.clients.matchAll({ type: 'window', includeUncontrolled: true }).then((pages) => (pages[0] ? pages[0].focus() : self.clients.openWindow('/'))));
});
