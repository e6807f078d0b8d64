// Editing: sections for all environments and for each, a draft that survives everything, and publishing.

import * as api from '../api.js';
import { h, show, tell } from '../dom.js';
import * as edit from '../edit.js';
import * as items from '../items.js';
import * as places from '../router.js';
import { ago } from '../format.js';
import { confirm } from './dialog.js';
import { publish, received, reconcile } from './publish.js';
import { rulesEditor } from './rules.js';
import { settings } from './settings.js';

/**
 * @param {HTMLElement} main
 * @param {PageContext} known
 * @param {PublishedItem} standing
 * @param {{draft: Draft | null, versions: Version[], onPublished: (version: Version, item: Item) => void}} how
 */
export async function editor(main, known, standing, { draft, versions, onPublished }) {
  const { project, environment } = known;
  const kept = `prefab-edit ${project.id} ${standing.key}`;
  let base = standing;
  /** @type {Item} */
  let item = edit.copy(standing);
  let section = edit.rulesOf(item, environment.id) ? environment.id : 'default';
  const mayPublish = known.may('publisher');
  const mayEdit = known.may('editor');
  /** @type {{properties: string[], segments: string[], schemas: string[], tags: string[], examples: Example[]}} */
  const helps = { properties: [], segments: [], schemas: [], tags: [], examples: [] };

  const news = h('div', { class: 'stack tight' });
  const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Where the rules hold' });
  const body = h('div', { class: 'stack', role: 'tabpanel', id: 'section' });
  const bar = h('div', { class: 'stack' });
  // What cannot be read changes nothing, and yet nothing must be published then.
  body.addEventListener('input', () => drawBar());

  const isDirty = () => !edit.isSame(base, item);
  const keep = () => {
    if (isDirty()) sessionStorage.setItem(kept, JSON.stringify({ base, item }));
    else sessionStorage.removeItem(kept);
  };
  function changed() {
    keep();
    drawBar();
    drawTabs();
  }
  /** @param {{base: PublishedItem, item: Item}} next */
  function take(next) {
    ({ base, item } = { base: next.base, item: edit.copy(next.item) });
    draw();
    keep();
  }
  const draw = () => { drawTabs(); drawSection(); drawBar(); };

  function drawTabs() {
    const ids = [['default', 'All environments'], ...project.environments.map((one) => [one.id, one.name]), ['settings', 'Settings']];
    const dirty = edit.touched(base, item);
    show(tabs, ids.map(([id, name], at) => h('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': 'section', 'aria-selected': id === section, tabindex: id === section ? 0 : -1,
      onclick: () => { section = id; draw(); },
      onkeydown: (event) => {
        const step = new Map([['ArrowRight', 1], ['ArrowLeft', -1]]).get(event.key);
        if (!step) return;
        event.preventDefault();
        [section] = ids[(at + step + ids.length) % ids.length];
        draw();
        document.getElementById(`tab-${section}`)?.focus();
      } }, name, dirty.includes(id) && h('span', { class: 'chip warn' }, 'changed'))));
    body.setAttribute('aria-labelledby', `tab-${section}`);
  }

  function drawSection() {
    if (section === 'settings') return show(body, settings(item, { ...helps, disabled: !mayEdit, onChange: changed }));
    const rules = edit.rulesOf(item, section);
    const disabled = !mayEdit || (section !== 'default' && !known.may('editor', section));
    /** @type {Check} */
    const check = (value) => api.post(known.api('validate'), { value, schemaKey: item.schemaKey });
    check.hasSchema = Boolean(item.schemaKey);
    const how = { key: item.key, kind: item.type === 'segment' ? 'segment' : item.valueType, section, disabled, onChange: changed,
      check, variants: (item.variants ?? []).map((one) => ({ ...one.value, name: one.name })), ...helps };
    if (!rules) {
      return show(body, h('section', { class: 'card' }, h('p', null, `${name(section)} follows the rules for all environments:`),
        rulesEditor(edit.copy(item.default.rules), { ...how, disabled: true }),
        !disabled && h('div', null, h('button', { type: 'button', class: 'main', onclick: () => { edit.setRules(item, section, edit.copy(item.default.rules)); changed(); drawSection(); } }, `Make rules for ${name(section)}`))));
    }
    const unowned = project.environments.filter((one) => !edit.rulesOf(item, one.id)).map((one) => one.name);
    show(body,
      section === 'default' && h('p', { class: 'about' }, unowned.length === project.environments.length ? 'No environment has rules of its own: these hold everywhere.' : unowned.length ? `These hold in ${unowned.join(' and ')}; the others have rules of their own.` : 'Every environment has rules of its own, so nobody gets to these.'),
      rulesEditor(rules, how),
      section !== 'default' && !disabled && h('div', null, h('button', { type: 'button', class: 'quiet', onclick: () => { edit.setRules(item, section, undefined); changed(); drawSection(); } }, 'Follow the rules for all environments instead')));
  }
  const name = (/** @type {string} */ id) => project.environments.find((one) => one.id === id)?.name ?? 'All environments';

  function drawBar() {
    if (!isDirty()) return show(bar);
    const wrong = edit.problems(item);
    const invalid = body.querySelector('[aria-invalid="true"]');
    show(bar, h('div', { class: 'bottom-bar' }, h('span', { class: 'small' }, wrong.length ? h('span', { class: 'wrong' }, wrong[0][1]) : invalid ? h('span', { class: 'wrong' }, 'What is marked cannot be read.') : 'Not published yet.'), h('span', { class: 'spread' }),
      h('button', { type: 'button', class: 'quiet', onclick: drop }, 'Discard'),
      mayEdit && h('button', { type: 'button', onclick: saveDraft, disabled: wrong.length > 0 }, 'Save draft'),
      mayPublish && h('button', { type: 'button', class: 'main', 'data-focus': 'publish', onclick: review, disabled: wrong.length > 0 || Boolean(invalid) }, 'Review and publish')));
  }

  async function drop() {
    if (!(await confirm('Discard what you changed?', h('p', null, 'The published version stays as it is.'), 'Discard', async () => true, { isDanger: true, asksComment: false }))) return;
    take({ base, item: base });
  }

  async function saveDraft() {
    try {
      await api.put(known.api('items', item.key, 'draft'), { item, comment: '' });
      await drafted();
      tell('The draft is saved. Others see it on this page.');
    } catch (error) {
      tell(error.message, 'bad');
    }
  }

  /** From here on it is the draft that has what was changed. */
  async function drafted() {
    take({ base, item: base });
    show(news, draftBanner(await api.get(known.api('items', item.key, 'draft'))));
  }

  async function review() {
    const before = base.id;
    const done = await publish(known, base, item);
    if (!done) return;
    if (done === 'draft') {
      await drafted();
      return tell('The draft is saved. It waits for approval.');
    }
    if (done === 'conflict') {
      const next = await reconcile(known, base, item);
      if (next) take(next);
      return;
    }
    await published(done, before);
  }

  /** @type {(done: Changed, before: string) => Promise<void>} */
  async function published(done, before) {
    sessionStorage.removeItem(kept);
    const fresh = await api.get(known.api('items', item.key));
    take({ base: fresh, item: fresh });
    const [version] = await api.get(known.api('items', item.key, 'versions'));
    onPublished(version, fresh);
    show(news, received(known, done, before, reload));
    items.refresh(project.id, item.key);
  }

  async function reload() {
    const fresh = await api.get(known.api('items', item.key));
    take({ base: fresh, item: fresh });
  }

  const waiting = () => news.querySelector('.waiting');
  /** @type {(draft: {savedAt?: number | null, savedBy?: string | null, approvedBy?: string | null}) => string} */
  const mark = (draft) => JSON.stringify([draft.savedAt, draft.savedBy, draft.approvedBy]);
  /** Which draft is shown, so that what one did oneself is not drawn again below the pointer. */
  let shown = '';

  async function drawDraft() {
    /** @type {Draft | null} */
    const now = await api.get(known.api('items', item.key, 'draft')).catch((error) => { if (error.code !== 'not_found') throw error; return null; });
    const old = waiting();
    if (!now) return old?.remove();
    if (old) old.replaceWith(draftBanner(now));
    else news.append(draftBanner(now));
  }

  known.listen(async (kind, data) => {
    if (kind === 'draft' && data.key === item.key && !(waiting() && shown === mark(data))) return drawDraft();
    // A draft may be for an older version now; what was missed may be anything.
    if (kind === 'again' || (kind === 'change' && data.key === item.key && waiting())) drawDraft().catch(() => {});
    if (kind === 'again' && !isDirty()) return reload();
    if (kind !== 'change' || data.key !== item.key || BigInt(data.version) <= BigInt(base.id)) return;
    if (data.deleted) return show(news, h('div', { class: 'banner bad' }, `${data.who} archived this.`));
    if (!isDirty() && !document.querySelector('dialog[open]')) return reload();
    if (!isDirty() || news.querySelector('.conflict')) return;
    show(news, h('div', { class: 'banner conflict', role: 'alert' }, h('span', null, h('strong', null, data.who), ` published another version while you edit${data.sentence ? `: ${data.sentence}` : ''}`),
      h('button', { type: 'button', onclick: async () => {
        const next = await reconcile(known, base, item);
        if (!next) return;
        show(news);
        take(next);
      } }, 'See both')));
  });

  const leave = async () => {
    keep();
    return true;
  };
  leave.isDirty = isDirty;
  places.guard(leave);
  known.onLeave(() => places.guard(null));

  const before = JSON.parse(sessionStorage.getItem(kept) ?? 'null');
  if (before && mayEdit) {
    ({ base, item } = before);
    show(news, h('div', { class: 'banner info' }, 'What you had changed here is still as you left it.'));
    if (base.id !== standing.id) show(news, h('div', { class: 'banner conflict' }, h('span', null, 'Another version was published since you began.'), h('button', { type: 'button', onclick: async () => {
      const next = await reconcile(known, base, item);
      if (next) { show(news); take(next); }
    } }, 'See both')));
  } else if (draft) {
    show(news, draftBanner(draft));
  }
  if (!mayEdit) news.append(h('p', { class: 'banner info' }, 'You may look at this, not change it.'));
  show(main, news, tabs, body, bar);
  draw();
  void versions;
  await help();

  /** @param {Draft} draft */
  function draftBanner(draft) {
    /** @type {(text: string, action: () => unknown, isMain?: boolean) => HTMLElement} */
    const act = (text, action, isMain = false) => h('button', { type: 'button', class: isMain ? 'main' : '', onclick: async () => {
      try { await action(); } catch (error) { tell(error.message, 'bad'); }
    } }, text);
    const path = known.api('items', item.key, 'draft');
    const opened = draft.item;
    shown = mark(draft);
    return h('div', { class: 'banner waiting' }, h('span', null, `A draft of ${draft.savedBy}, ${ago(draft.savedAt)}${draft.comment ? `: “${draft.comment}”` : ''}. ${draft.differences.join('; ')}.`,
      draft.needsApproval && !draft.approvedBy && ' It waits for the approval of a second person.', draft.approvedBy && ` Approved by ${draft.approvedBy}.`, draft.isStale && ' It was made for an older version.'),
    h('div', { class: 'row' }, opened && ['feature_flag', 'config'].includes(item.type) && h('a', { class: 'button', href: known.path('playground') + api.query({ key: item.key, environment: environment.id, against: 'version', left: 'published', right: 'draft' }) }, 'Compare answers'),
      opened && act('Open it', () => { take({ base, item: { ...opened, id: base.id } }); show(news); }),
      mayPublish && draft.needsApproval && !draft.approvedBy && act('Approve', async () => { show(news, draftBanner(await api.post(`${path}/approve`))); }, true),
      mayPublish && !draft.isStale && (!draft.needsApproval || draft.approvedBy) && act('Publish it', async () => { const old = base.id; await published(await api.post(`${path}/publish`, {}), old); }, true),
      mayEdit && act('Discard it', async () => { await api.remove(path); show(news); })));
  }

  /** What makes typing easier comes after the page is there. */
  async function help() {
    /** @type {[Contexts, string[], string[]]} */
    const [contexts, segments, schemas] = await Promise.all([api.get(known.api('contexts') + api.query({ environment: environment.id })), items.keysOf(project.id, 'segment'), items.keysOf(project.id, 'schema')]);
    const names = contexts.shapes.flatMap((shape) => shape.properties.map((one) => `${shape.context}.${one.name}`));
    const tags = [...(items.known(project.id)?.values() ?? [])].flatMap((one) => one.tags ?? []);
    Object.assign(helps, { tags: [...new Set(tags)].sort(), properties: [...new Set([...names, 'user.key', 'user.email'])], segments, schemas, examples: contexts.examples });
    if (!isDirty() && !body.contains(document.activeElement)) drawSection();
  }
}
