/** What stands above every view: fire, smoke, sirens, broken doors, a waiting vehicle. The place comes first, in big words. */
import { css, html, nothing } from 'lit';
import { act, call, requestId } from './api.js';
import { Part, look } from './base.js';
import { icon } from './icons.js';
import { find, language, t } from './i18n.js';
import { ago, clock, kindText, nameOf, nowS, reasonText, verdictText } from './words.js';
import './hold-button.js';

const LIFE = /^(smoke|panic|flood)\.active$/;
export const sounding = (siren) => siren.state === 'sounding' || siren.state === 'spent';

/** Alarms about life, fire apart: that has a bar of its own. */
const emergency = (alarm) => LIFE.test(alarm.kind) && !alarm.drill && !(alarm.acknowledged_by && alarm.returned_at_s);

class Bars extends Part {
  static properties = { state: { attribute: false }, view: {}, rank: {}, verdict: { state: true } };

  static ticks = true;

  static styles = [look, css`
    :host { max-height: 46dvh; overflow: auto; }
    .bar { padding: 12px 20px; gap: 6px 20px; } .bar + .bar { border-top: 2px solid #0006; }
    .life { background: #b3160f; color: #fff; } .siren { background: var(--bad-deep); border-left: 10px solid var(--bad); }
    .drill { background: repeating-linear-gradient(135deg, #4a1d7a 0 26px, #38125f 26px 52px); color: #fff; border-bottom: 4px solid #c79bff; } .drill { padding-block: 6px; } .drill .where { font-size: 1.5rem; } .drill .what { margin-left: .5em; letter-spacing: .06em; } .test { background: #17324f; }
    .car { background: var(--warn-deep); border-left: 10px solid var(--warn); }
    .where { font-size: 1.9rem; font-weight: 800; line-height: 1.15; } .what { font-size: 1.25rem; font-weight: 700; }
    .life .verdict { background: #0005; }
    .banner { background: var(--warn-deep); border-bottom: 2px solid var(--warn); padding: 8px 16px; font-weight: 600; }
    .bar button { min-width: 170px; } mw-hold { min-width: 230px; }
    @media (max-height: 640px) { .bar { padding: 3px 16px; } .where { font-size: 1.5rem; } .what { font-size: 1.05rem; } }
  `];

  render() {
    const s = this.state;
    return html`${this.drill(s)}${this.test(s)}${this.fire(s)}${s.alarms.filter(emergency).map((alarm) => this.life(alarm))}${this.sirens(s)}${this.watch(s)}${this.car(s)}${this.patrol(s)}
      ${s.banner ? html`<div class="banner" role="status">${icon('warn')} ${s.banner[language()]}</div>` : nothing}`;
  }

  /** 演练: what is practised can be taken for nothing else, and what is real breaks through it. */
  drill({ drill, alarms }) {
    if (!drill) return this.saidBar('drill');
    const left = Math.max(0, Math.round(drill.left_s - Math.max(0, nowS() - this.state.now_s)));
    const real = alarms.filter((a) => !a.drill && !a.acknowledged_by && !a.shelved && a.priority < 3);
    return html`<div class="bar drill row" role="status"><div class="grow"><span class="where">${t('drill.banner')}</span> <span class="what">${drill.reason}</span>
        <span>${t('drill.by', { name: nameOf(drill.by) })} · ${t('drill.left', { left: `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` })}</span> ${this.said('drill')}</div>
      ${real.length ? html`<b class="what">${icon('stop')} ${t('drill.real', { n: real.length })}</b>` : nothing}
      ${this.rank === 'guard' ? nothing : html`<button class="primary" @click=${() => this.send('drill', '/v1/drill/end')}>${t('drill.end')}</button>`}</div>`;
  }

  /** 自检: this bar on the screen is what the self-test asks of a page. */
  test({ selftest }) {
    const run = selftest?.running;
    return run ? html`<div class="bar test row" role="status"><span class="what">${t('selftest.runs')}</span>
      ${run.links.map((one) => html`<span class="tag ${one.ok === null ? '' : one.ok ? 'ok' : 'bad'}">${linkText(one.link)}${one.ok ? ' ✓' : one.ok === false ? ' ✗' : ' …'}</span>`)}</div>` : nothing;
  }

  /** Said only when it was painted: a hidden page paints nothing, and then says nothing. */
  updated() {
    const test = this.state.selftest?.running?.test;
    if (!test || test === this.painted || !this.renderRoot.querySelector('.test')?.getClientRects().length) return;
    this.painted = test;
    requestAnimationFrame(() => requestAnimationFrame(() => { call('POST', '/v1/selftest/seen', { request_id: requestId(), test }); }));
  }

  fire({ fire, alarms }) {
    if (!fire.latched && !fire.active) return nothing;
    const where = [...new Set(alarms.filter((a) => a.kind === 'fire.active' && !a.drill).map((a) => a.place).filter(Boolean))].join(' · ');
    return html`<div class="bar life fire row" role="alert"><div class="grow">${where ? html`<span class="where">${where}</span> ` : nothing}
        <span class="what">${icon('fire')} ${t(fire.active ? 'fire.active' : 'fire.latched')}</span> ${this.said('fire')}</div>
      <button class="primary" ?disabled=${fire.active !== false} @click=${() => this.send('fire', '/v1/fire/reset')}>${t('fire.reset')}</button></div>`;
  }

  life(alarm) {
    const taken = alarm.acknowledged_by;
    return html`<div class="bar life row" role="alert"><div class="grow"><span class="where">${alarm.place || alarm.source}</span>
        <span class="what"> ${icon('smoke')} ${kindText(alarm.kind)}</span>
        <span> ${ago(alarm.opened_at_s)}${alarm.detail ? ` · ${reasonText(alarm.detail, 'fault')}` : ''}${alarm.returned_at_s ? ` · ${t('alarms.returned')}` : ''}${taken ? ` · ${t('alarms.taken', { name: nameOf(taken) })}` : ''}</span>
        ${this.said(alarm.id)}</div>
      ${taken ? nothing : html`<button class="primary" @click=${() => this.send(alarm.id, `/v1/alarms/${encodeURIComponent(alarm.id)}/acknowledge`)}>${t('alarms.take')}</button>`}</div>`;
  }

  /** One reset silences all of them, as the gateway does. */
  sirens({ sirens }) {
    const loud = (sirens ?? []).filter(sounding);
    if (!loud.length) return this.saidBar('siren');
    const cause = loud[0].cause ? kindText(loud[0].cause) : '';
    return html`<div class="bar siren row" role="status"><div class="grow"><span class="where">${loud.map((one) => one.place || one.name).join(' · ')}</span>
        <span class="what"> ${icon('siren')} ${sirenText(loud[0].state)}</span> <span>${cause}</span> ${this.said('siren')}</div>
      <mw-hold tone="on" label=${t('sirens.reset')} hint=${t('focus.hold')} @held=${() => this.send('siren', '/v1/sirens/reset')}></mw-hold></div>`;
  }

  /** 查岗: is somebody awake? One tap answers. */
  watch({ duty }) {
    return (duty ?? []).filter((post) => post.answer_left_s !== null && post.answer_left_s !== undefined).map((post) => html`<div class="bar car row" role="alert">
      <div class="grow"><span class="where">${t('duty.awake')}</span> ${this.said(`post:${post.post}`)}</div>
      <button class="primary good" @click=${() => this.send(`post:${post.post}`, `/v1/duty/${encodeURIComponent(post.post)}/here`)}>${t('duty.here')}</button></div>`);
  }

  /** On the desk the waiting vehicle has its card; on every other view it breaks through here. */
  car({ lanes }) {
    const waiting = lanes.flatMap((lane) => lane.waiting.map((v) => ({ lane, v }))).sort((a, b) => a.v.since_s - b.v.since_s);
    if (this.view === 'desk' || !waiting.length) return nothing;
    const { lane, v } = waiting[0];
    return html`<div class="bar car row" role="alert"><div class="grow"><span class="where">${lane.place || lane.name} ${v.text}</span>
        <span class="what"> ${icon('car')} ${t('focus.waiting', { ago: ago(v.since_s) })}${waiting.length > 1 ? ` · +${waiting.length - 1}` : ''}</span></div>
      <button class="primary good" @click=${() => this.say('view', 'desk')}>${t('bars.to_desk')}</button></div>`;
  }

  /** 漏检提醒: a round that nobody has begun, or a point that is late, until somebody walks. */
  patrol({ patrol }) {
    if (this.view === 'patrol') return nothing;
    return (patrol?.rounds ?? []).filter((one) => one.started_s === null || one.points.some((point) => point.late)).map((one) => {
      const [late] = one.points.filter((point) => point.late);
      const text = late ? t('patrol.point_late', { place: late.place }) : t(one.due_s < nowS() ? 'patrol.late' : 'patrol.due', { at: clock(one.due_s) });
      return html`<div class="banner row" role="status"><span class="grow">${icon('walk')} <b>${one.title}</b> ${text}</span><button @click=${() => this.say('view', 'patrol')}>${t('patrol.go')}</button></div>`;
    });
  }

  async send(about, path) {
    this.verdict = { ...(await act(path)), about };
  }

  said(about) {
    const v = this.verdict;
    if (v?.about !== about || Date.now() - v.at_ms > 8000) return nothing;
    return html`<span class="verdict ${v.ok ? 'ok' : 'no'}" role="status">${verdictText(v)}</span>`;
  }

  /** The answer outlives the bar that asked. */
  saidBar(about) {
    const said = this.said(about);
    return said === nothing ? nothing : html`<div class="bar row">${said}</div>`;
  }
}
customElements.define('mw-bars', Bars);

/** A link of the alarm chain in words. @param {string} link */
export function linkText(link) {
  const [kind, name] = link.split(/:(.*)/s);
  return `${t(`selftest.${kind}`)}${name ? ` ${name}` : ''}`;
}

/** @param {string} state */
export function sirenText(state) {
  return find(`siren.${state}`) ?? state;
}
