/** The live feed: reconnects with growing pauses, continues behind the last number it has seen. */
import { resume } from './api.js';

const STALE_MS = 12000;

export class LiveFeed {
  /** `beatMs`: of what is shown already; the gateway could not be reached when the page was opened.
   * @param {{log: Function, state: Function, resync: Function, change: Function, loggedOut: Function}} to */
  constructor(to, beatMs = 0) {
    this.to = to;
    this.cursor = null;
    this.gaps = 0;
    this.beatMs = beatMs; // when the last sign of life came; 0 before the first
    this.lostMs = 0; // since when the connection is down; 0 while it is up
    this.latencyMs = null;
    this.pauseMs = 500;
    this.ended = false;
    this.watch = setInterval(() => this.check(), 1000);
    this.pings = setInterval(() => this.ping(), 10000);
    this.open();
    this.ping();
  }

  /** 'connecting', 'online', 'retrying' or 'lost' (nothing heard for 12 s). */
  get condition() {
    if (!this.beatMs) return 'connecting';
    if (Date.now() - this.beatMs > STALE_MS) return 'lost';
    return this.lostMs ? 'retrying' : 'online';
  }

  end() {
    this.ended = true;
    this.source?.close();
    clearInterval(this.watch);
    clearInterval(this.pings);
    clearTimeout(this.timer);
  }

  open() {
    if (this.ended) return;
    const source = new EventSource(this.cursor === null ? '/v1/stream' : `/v1/stream?after=${this.cursor}`);
    this.source = source;
    this.openedMs = Date.now();
    const on = (name, handle) => source.addEventListener(name, (event) => {
      this.alive();
      handle(JSON.parse(event.data));
      this.to.change();
    });
    on('hello', ({ head, now_s }) => {
      this.skew(now_s);
      if (this.cursor === null) {
        this.cursor = head;
        this.to.resync();
      }
    });
    on('resync', ({ head }) => {
      this.cursor = head;
      this.to.resync();
    });
    on('log', (event) => {
      if (this.cursor !== null && event.seq <= this.cursor) return;
      const gap = this.cursor !== null && event.seq !== this.cursor + 1;
      this.cursor = event.seq;
      this.eventMs = Date.now();
      this.to.log(event);
      if (gap) {
        this.gaps += 1;
        this.to.resync();
      }
    });
    on('state', (state) => this.to.state(state));
    on('beat', ({ now_s }) => this.skew(now_s));
    source.onerror = () => this.retry();
  }

  /** The server's clock rules, not the tablet's. */
  skew(nowS) {
    this.skewS = nowS - Date.now() / 1000;
  }

  alive() {
    this.beatMs = Date.now();
    this.lostMs = 0;
    this.pauseMs = 500;
  }

  retry() {
    if (this.ended) return;
    this.source.close();
    this.lostMs ||= Date.now();
    this.to.change();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.again(), this.pauseMs * (0.8 + 0.4 * Math.random()));
    this.pauseMs = Math.min(this.pauseMs * 1.6, 5000);
  }

  /** An event source does not tell a 401 from a dead server, so ask first. */
  async again() {
    const { status } = await resume();
    if (this.ended) return;
    if (status === 401) this.to.loggedOut();
    else if (status === 200) this.open();
    else this.retry();
  }

  check() {
    const silent = Date.now() - Math.max(this.beatMs, this.openedMs) > STALE_MS;
    if (silent && this.source.readyState !== EventSource.CLOSED) this.retry();
    this.to.change();
  }

  async ping() {
    if (this.lostMs) return;
    const start = performance.now();
    try {
      await fetch('/healthz', { cache: 'no-store' });
      this.latencyMs = Math.round(performance.now() - start);
    } catch {
      this.latencyMs = null;
    }
  }
}
