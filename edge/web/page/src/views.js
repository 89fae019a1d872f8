/** The views beside the desk: their mark on the rail, who sees them, and the part of the bundle that shows them.
 * A view is an element with the properties `shown`, `state`, `rank` (the role of whoever is logged in) and `me`; it is
 * loaded when it is first opened. */
import { html } from 'lit';

const GUARDS = ['guard', 'supervisor', 'admin'];
const MANAGERS = ['supervisor', 'admin', 'auditor'];

/** @type {Record<string, { icon: string, roles: string[], load: () => Promise<unknown>, part: (p: any) => unknown }>} */
export const VIEWS = {
  wall: {
    icon: 'eye', roles: GUARDS, load: () => import('./wall.js'),
    part: (p) => html`<mw-wall ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state}></mw-wall>`,
  },
  duty: {
    icon: 'sign', roles: GUARDS, load: () => import('./duty.js'),
    part: (p) => html`<mw-duty ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-duty>`,
  },
  patrol: {
    icon: 'walk', roles: GUARDS, offline: true, load: () => import('./patrol.js'),
    part: (p) => html`<mw-patrol ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-patrol>`,
  },
  register: {
    icon: 'book', roles: [...GUARDS, 'auditor'], load: () => import('./register.js'),
    part: (p) => html`<mw-register ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-register>`,
  },
  visitors: {
    icon: 'person', roles: [...GUARDS, 'issuer'], load: () => import('./visitors.js'),
    part: (p) => html`<mw-visitors ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-visitors>`,
  },
  equipment: {
    icon: 'tools', roles: GUARDS, load: () => import('./equipment.js'),
    part: (p) => html`<mw-equipment ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-equipment>`,
  },
  review: {
    icon: 'history', roles: [...GUARDS, 'auditor'], load: () => import('./review.js'),
    part: (p) => html`<mw-review ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank}></mw-review>`,
  },
  figures: {
    icon: 'chart', roles: MANAGERS, load: () => import('./figures.js'),
    part: (p) => html`<mw-figures ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state}></mw-figures>`,
  },
  people: {
    icon: 'face', roles: ['admin'], load: () => import('./people.js'),
    part: (p) => html`<mw-people ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-people>`,
  },
};

/** The views that a role sees, in the order of the rail. @param {string} role */
export const viewsOf = (role) => Object.keys(VIEWS).filter((name) => VIEWS[name].roles.includes(role));
