// Drafts of the project: those that wait for approval come first, with their changes and what can be done.

import * as api from '../api.js';
import { h, notify, show, withCode } from '../dom.js';
import * as edit from '../edit.js';
import { icon } from '../icons.js';
import * as items from '../items.js';
import { ago, inWords, TYPES } from '../format.js';
import { avatar, shortName } from '../parts/badges.js';
import { confirm } from '../parts/dialog.js';
import { isSavedBy } from '../parts/draft-banner.js';
import { affectedEnvironments, diffView } from '../parts/publish.js';
import { environmentName } from '../environments.js';
import { setWaiting } from '../parts/waiting.js';

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Approvals – Prefab';
  const [list, detail] = [h('ul', { class: 'inbox', 'aria-label': 'Drafts' }), h('div', { class: 'stack' })];
  const body = h('div', { class: 'inbox-columns' });
  const count = h('span', { class: 'faint', role: 'status' });
  let chosen = page.place.query.get('key') ?? '';
  /** @type {Draft[]} */
  let drafts = [];
  show(main, h('div', { class: 'title' }, h('div', { class: 'row' }, h('h1', null, 'Approvals'), count)), body);

  const isWaiting = (/** @type {Draft} */ one) => one.needsApproval && !one.approvedBy;
  const isOwn = (/** @type {Draft} */ one) => isSavedBy(one, api.session.person);
  const statusOf = (/** @type {Draft} */ one) => (one.isStale ? 'Outdated' : isWaiting(one) ? 'Waiting for approval' : one.approvedBy ? 'Approved' : 'Draft');

  async function fetchAll() {
    drafts = await api.get(page.api('drafts'));
    // What the user can approve comes first.
    const order = (/** @type {Draft} */ one) => (isWaiting(one) && !isOwn(one) ? 0 : isWaiting(one) ? 1 : 2);
    drafts.sort((left, right) => order(left) - order(right) || right.savedAt - left.savedAt);
    setWaiting(drafts.map((one) => one.key));
    draw();
  }

  function draw() {
    show(count, drafts.length ? `${drafts.length} ${drafts.length === 1 ? 'draft' : 'drafts'}` : '');
    if (!drafts.length) {
      return show(body, h('section', { class: 'empty' }, icon('inbox'), h('h2', null, 'No drafts'),
        h('p', null, 'Changes that are saved as drafts, and changes that require approval, appear here.')));
    }
    const current = drafts.find((one) => one.key === chosen) ?? drafts[0];
    chosen = current.key;
    show(list, drafts.map((one) => h('li', null, h('button', { type: 'button', 'aria-current': one === current ? 'true' : null, 'data-focus': `draft-${one.key}`, onclick: () => {
      chosen = one.key;
      draw();
    } }, avatar(one.savedBy), h('span', { class: 'text' }, h('span', { class: 'code' }, one.key), h('span', { class: 'faint small' }, `${shortName(one.savedBy)}, ${ago(one.savedAt)}`)),
    h('span', { class: `chip ${one.isStale ? 'bad' : isWaiting(one) ? 'warn' : one.approvedBy ? 'on' : ''}` }, statusOf(one))))));
    if (!body.contains(list)) show(body, list, detail);
    drawDetail(current).catch((error) => show(detail, h('p', { class: 'wrong' }, error.message)));
  }

  /** @type {(draft: Draft) => Promise<void>} */
  async function drawDetail(draft) {
    /** @type {PublishedItem | null} */
    const base = draft.base ? await api.get(page.api('items', draft.key)) : null;
    if (draft.key !== chosen) return;
    const path = page.api('items', draft.key, 'draft');
    const affected = base && draft.item ? affectedEnvironments(page, base, draft.item) : page.project.environments;
    const section = TYPES[draft.item?.type ?? base?.type ?? 'config'][0];
    const difference = base && draft.item ? diffView(edit.diff(base, draft.item, page.project.environments))
      : h('ul', { class: 'diff' }, draft.differences.map((text) => h('li', { class: draft.item ? 'more' : 'less' }, withCode(inWords(text)))));
    /** @type {(action: () => Promise<unknown>, text: string) => Promise<void>} */
    const act = async (action, text) => {
      try {
        await action();
        notify(text);
      } catch (error) {
        notify(error.message, 'bad');
      }
      await fetchAll();
    };
    const publish = () => act(async () => {
      await api.post(`${path}/publish`, {});
      await items.refresh(page.project.id, draft.key);
    }, `Published ${draft.key}.`);
    const discard = () => confirm(`Discard the draft of ${draft.key}?`, h('p', null, 'The published version is not affected.'), 'Discard', () => api.remove(path), { isDanger: true, asksComment: false })
      .then((done) => { if (done) fetchAll(); });
    show(detail, h('section', { class: 'card' },
      h('div', { class: 'row ends' },
        h('h2', null, h('a', { class: 'code', href: page.path(section, draft.key) }, draft.key)),
        h('span', { class: 'row' }, affected.slice(0, 4).map((one) => environmentName(one, page.project)), affected.length > 4 && h('span', { class: 'faint' }, `and ${affected.length - 4} more`))),
      h('p', { class: 'row' }, avatar(draft.savedBy), h('span', null, h('strong', null, shortName(draft.savedBy)), h('span', { class: 'faint' }, ` saved this ${ago(draft.savedAt)}`),
        draft.approvedBy && h('span', { class: 'faint' }, `, approved by ${shortName(draft.approvedBy)}`))),
      draft.comment && h('blockquote', null, draft.comment),
      difference,
      draft.isStale && h('p', { class: 'banner' }, 'The published version changed since. Open the draft and save it again.'),
      isWaiting(draft) && isOwn(draft) && h('p', { class: 'faint' }, 'Waiting for approval by another person.'),
      h('div', { class: 'row' },
        page.may('publisher') && isWaiting(draft) && !isOwn(draft) && h('button', { type: 'button', class: 'main', onclick: () => act(() => api.post(`${path}/approve`), `Approved ${draft.key}.`) }, icon('check'), 'Approve'),
        page.may('publisher') && !draft.isStale && !isWaiting(draft) && h('button', { type: 'button', class: 'main', onclick: publish }, 'Publish draft'),
        h('a', { class: 'button', href: page.path(section, draft.key) }, 'Open'),
        page.may('editor') && h('button', { type: 'button', class: 'danger', onclick: discard }, isOwn(draft) ? 'Discard draft' : 'Reject'))));
  }

  page.listen((name) => { if (name === 'draft' || name === 'reconnected') fetchAll().catch(() => {}); });
  await fetchAll();
}
