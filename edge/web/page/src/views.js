/** The views beside the desk: their mark on the rail, who sees them, and the part of the bundle that shows them.
 * A view is an element with the properties `shown`, `state`, `rank` (the role of whoever is logged in) and `me`; it is
 * loaded when it is first opened. */
import { html } from 'lit';

const GUARDS = ['guard', 'supervisor', 'admin'];

/** @type {Record<string, { icon: string, roles: string[], load: () => Promise<unknown>, part: (p: any) => unknown }>} */
export const VIEWS = {
  duty: {
    icon: 'sign', roles: GUARDS, load: () => import('./duty.js'),
    part: (p) => html`<mw-duty ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-duty>`,
  },
  register: {
    icon: 'book', roles: GUARDS, load: () => import('./register.js'),
    part: (p) => html`<mw-register ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-register>`,
  },
  visitors: {
    icon: 'person', roles: GUARDS, load: () => import('./visitors.js'),
    part: (p) => html`<mw-visitors ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-visitors>`,
  },
  equipment: {
    icon: 'tools', roles: GUARDS, load: () => import('./equipment.js'),
    part: (p) => html`<mw-equipment ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-equipment>`,
  },
  people: {
    icon: 'face', roles: ['admin'], load: () => import('./people.js'),
    part: (p) => html`<mw-people ?hidden=${!p.shown} .shown=${p.shown} .state=${p.state} .rank=${p.rank} .me=${p.me}></mw-people>`,
  },
};

/** The views that a role sees, in the order of the rail. @param {string} role */
export const viewsOf = (role) => Object.keys(VIEWS).filter((name) => VIEWS[name].roles.includes(role));
