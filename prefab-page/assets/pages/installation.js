// The installation: its owners, who may invite people, and backups. Only owners see this page.

import * as api from '../api.js';
import { field, h, notify, show } from '../dom.js';
import { confirm } from '../parts/dialog.js';
import { select } from '../parts/value.js';

const INVITERS = [['admins', 'Admins of projects, to their project'], ['owners', 'Owners of the installation only']];

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Installation – Prefab';
  const body = h('div', { class: 'stack narrowed' });
  /** @type {[Api.InstallationResponse, Person[]]} */
  const [installation, members] = await Promise.all([api.get('/installation'), api.get(page.api('people'))]);
  show(main, h('div', null, h('h1', null, 'Installation'), h('p', { class: 'about' }, 'Applies to all projects of this server. Only owners can see and change it.')), body);
  draw(installation);

  /** @param {Api.InstallationResponse} current */
  function draw(current) {
    const candidates = members.filter((one) => !one.isPending && !current.owners.some((owner) => owner.id === one.id));
    show(body, owners(current, candidates), inviters(current), backup());
  }

  /** @type {(current: Api.InstallationResponse, candidates: Person[]) => HTMLElement} */
  function owners(current, candidates) {
    let chosen = candidates[0]?.id ?? '';
    const isLast = current.owners.length === 1;
    return h('section', { class: 'card' }, h('h2', null, 'Owners'),
      h('p', { class: 'hint' }, 'Owners create projects, download backups, and reset the passwords of all members of their projects.'),
      h('ul', { class: 'stack tight' }, current.owners.map((one) => h('li', { class: 'row ends' }, h('span', null, one.name, h('span', { class: 'faint small' }, ` · ${one.email}`)),
        !isLast && h('button', { type: 'button', class: 'quiet', 'aria-label': `Remove owner ${one.name}`, onclick: () => remove(one) }, 'Remove owner')))),
      isLast && h('p', { class: 'hint' }, 'The last owner cannot be removed.'),
      candidates.length > 0 && h('form', { class: 'row bottom', onsubmit: (event) => {
        event.preventDefault();
        const one = candidates.find((person) => person.id === chosen);
        if (one) add(one);
      } }, field('Member of this project', select(candidates.map((one) => [one.id, `${one.name} (${one.email})`]), chosen, (id) => { chosen = id; })), h('button', { type: 'submit' }, 'Make owner')));
  }

  /** @param {Person} one */
  async function add(one) {
    /** @type {() => Promise<Api.InstallationResponse>} */
    const act = () => api.put(`/installation/owners/${one.id}`);
    const about = h('p', null, 'They can create projects, download backups of all projects, and change this page.');
    const changed = await confirm(`Make ${one.name} an owner?`, about, 'Make owner', act, { asksComment: false });
    if (changed) draw(changed);
  }

  /** @param {Account} one */
  async function remove(one) {
    /** @type {() => Promise<Api.InstallationResponse>} */
    const act = () => api.remove(`/installation/owners/${one.id}`);
    const about = h('p', null, 'They keep their roles in projects.');
    const changed = await confirm(`Remove owner ${one.name}?`, about, 'Remove owner', act, { isDanger: true, asksComment: false });
    if (changed && one.id === api.session.person?.id) location.assign('/');
    else if (changed) draw(changed);
  }

  /** @type {(current: Api.InstallationResponse) => HTMLElement} */
  function inviters(current) {
    const change = async (/** @type {string} */ next) => {
      try {
        draw(await api.patch('/installation', { inviters: next }));
        notify('Saved.');
      } catch (error) {
        draw(current);
        notify(error.message, 'bad');
      }
    };
    return h('section', { class: 'card' }, h('h2', null, 'Invitations'),
      field('People without an account are invited by', select(INVITERS, current.inviters, change), { hint: 'Admins can always add people who have an account.' }));
  }

  // A link, because the browser saves the response while it arrives.
  function backup() {
    return h('section', { class: 'card' }, h('h2', null, 'Backup'),
      h('p', { class: 'hint' }, 'A backup contains all projects and accounts. Passwords and API keys are stored as hashes; encrypted values stay encrypted. “prefab restore” reads it.'),
      h('div', null, h('a', { class: 'button', href: '/api/manage/v1/backup', download: '' }, 'Download backup')));
  }
}
