// Memberships that an admin has offered and the person has not accepted.

import * as api from '../api.js';
import { h, notify } from '../dom.js';
import { ago } from '../format.js';

/**
 * Returns a card with the offers, or null if there are none.
 * @type {(done: () => unknown) => HTMLElement | null}
 */
export function offersCard(done) {
  if (!api.session.offers.length) return null;
  /** @type {(answer: () => Promise<unknown>) => Promise<void>} */
  const reply = async (answer) => {
    /** @type {string} */
    let problem = '';
    try {
      await answer();
    } catch (error) {
      // The offer may have been withdrawn.
      problem = error.message;
    }
    await api.loadSession();
    await done();
    if (problem) notify(problem, 'bad');
  };
  const roles = (/** @type {Api.MembershipOffer} */ one) => [one.role, ...one.environments.map((each) => `${each.role} in ${each.name}`)].join(', ');
  return h('section', { class: 'card' }, h('h2', null, 'Invitations to projects'), api.session.offers.map((one) => h('div', { class: 'row ends' },
    h('span', null, `${one.name} as ${roles(one)}`, h('span', { class: 'faint small' }, ` · from ${one.offeredBy}, ${ago(one.offeredAt)}`)),
    h('div', { class: 'row' }, h('button', { type: 'button', class: 'main', 'aria-label': `Join ${one.name}`, onclick: () => reply(() => api.post(`/session/offers/${one.project}`)) }, 'Join'),
      h('button', { type: 'button', class: 'quiet', 'aria-label': `Decline ${one.name}`, onclick: () => reply(() => api.remove(`/session/offers/${one.project}`)) }, 'Decline')))));
}
