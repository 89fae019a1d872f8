// What benchmarks/page.py asks of the page: when it painted something, how old its tiles are, how long taking an alarm takes.
window.probe = (() => {
  const app = document.querySelector('mw-app');
  const part = (name) => app.renderRoot.querySelector(name).renderRoot;
  const cards = () => [...part('mw-alarms').querySelectorAll('mw-alarm-card')];
  const painted = new Map();
  const later = (key) => {
    if (painted.has(key)) return;
    painted.set(key, 0);
    const now = () => painted.set(key, performance.timeOrigin + performance.now());
    requestAnimationFrame(() => requestAnimationFrame(now));
  };
  const look = () => {
    for (const line of part('mw-events').querySelectorAll('li')) {
      const found = /P\d{5}/.exec(line.textContent);
      if (found) later(found[0]);
    }
    cards().forEach((card) => later(card.alarm.source));
  };
  const watcher = new MutationObserver(look);
  for (const name of ['mw-events', 'mw-alarms']) watcher.observe(part(name), { subtree: true, childList: true, characterData: true });
  return {
    painted: (key) => painted.get(key) ?? 0,
    tiles: () => [...part('mw-wall').querySelectorAll('mw-live-tile')].map((tile) => Math.round(tile.ageS * 100) / 100),
    cards: () => cards().length,
    async take(source) {
      const card = cards().find((one) => one.alarm.source === source) ?? cards().find((one) => !one.alarm.acknowledged_by);
      const began = performance.now();
      await card.take();
      return [performance.now() - began, card.verdict.ok && !card.verdict.kept];
    },
  };
})();
