/** Reads a checkpoint: the tablet's camera, an NFC tag, or the code typed in. */
import { css, html, nothing } from 'lit';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { t } from './i18n.js';

const LOOK_MS = 250;

class Scanner extends Part {
  static properties = { looking: { state: true }, trouble: { state: true }, near: { state: true } };

  static styles = [look, css`
    form { display: flex; gap: 10px; } input { flex: 1; min-height: 64px; } form button { min-height: 64px; }
    video { width: 100%; max-height: 46vh; background: #000; border-radius: 10px; display: block; }
    :host { display: grid; gap: 10px; }
  `];

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
  }

  /** Both need HTTPS; without them the code is typed. */
  get camera() {
    return 'BarcodeDetector' in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);
  }

  get tags() {
    return 'NDEFReader' in globalThis;
  }

  render() {
    return html`${this.looking ? html`<video autoplay playsinline muted aria-label=${t('patrol.scan')}></video>` : nothing}
      <div class="row">${this.camera ? html`<button class="primary good" aria-pressed=${String(Boolean(this.looking))} @click=${() => (this.looking ? this.stop() : this.look())}>${icon('qr')} ${t(this.looking ? 'cancel' : 'patrol.scan')}</button>` : nothing}
        ${this.tags ? html`<button class="primary" aria-pressed=${String(Boolean(this.near))} @click=${this.listen}>${t(this.near ? 'patrol.nfc_near' : 'patrol.nfc')}</button>` : nothing}</div>
      <form @submit=${this.typed} autocomplete="off"><input name="code" required maxlength="400" aria-label=${t('patrol.code')} placeholder=${t('patrol.code')}><button class="good">${t('patrol.typed')}</button></form>
      ${this.trouble ? html`<p class="verdict no" role="alert">${t(this.trouble)}</p>` : nothing}`;
  }

  typed(event) {
    event.preventDefault();
    const code = new FormData(event.target).get('code').trim();
    event.target.reset();
    if (code) this.say('scanned', { code, how: 'typed' });
  }

  async look() {
    this.trouble = '';
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch {
      this.trouble = 'patrol.no_camera';
      return;
    }
    this.looking = true;
    await this.updateComplete;
    const video = this.renderRoot.querySelector('video');
    video.srcObject = this.stream;
    const detector = new globalThis.BarcodeDetector({ formats: ['qr_code'] });
    this.timer = setInterval(async () => {
      if (video.readyState < 2) return;
      const [found] = await detector.detect(video).catch(() => []);
      if (!found?.rawValue || !this.looking) return;
      this.stop();
      this.say('scanned', { code: found.rawValue, how: 'qr' });
    }, LOOK_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.looking = false;
  }

  /** Tags carry the code as text; one tap begins to listen, as browsers demand. */
  async listen() {
    if (this.near) return;
    this.trouble = '';
    try {
      const reader = new globalThis.NDEFReader();
      await reader.scan();
      this.near = true;
      reader.onreading = ({ message }) => {
        const text = message.records.find((record) => record.recordType === 'text');
        if (text) this.say('scanned', { code: new TextDecoder(text.encoding ?? 'utf-8').decode(text.data), how: 'nfc' });
      };
    } catch {
      this.trouble = 'patrol.no_nfc';
    }
  }
}
customElements.define('mw-scanner', Scanner);
