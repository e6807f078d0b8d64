// Editing: sections for all environments and for each, a draft that survives everything, and publishing.

import * as api from '../api.js';
import { h, show, notify } from '../dom.js';
import * as edit from '../edit.js';
import * as items from '../items.js';
import * as router from '../router.js';
import { ago } from '../format.js';
import { confirm } from './dialog.js';
import { publish, publishedBanner, reconcile } from './publish.js';
import { rulesEditor } from './rules.js';
import { settings } from './settings.js';

/**
 * @param {HTMLElement} main
 * @param {PageContext} page
 * @param {PublishedItem} stored
 * @param {{draft: Draft | null, versions: Version[], onPublished: (version: Version, item: Item) => void}} how
 */
export async function editor(main, page, stored, { draft, versions, onPublished }) {
  const { project, environment } = page;
  const storageKey = `prefab-edit ${project.id} ${stored.key}`;
  let base = stored;
  /** @type {Item} */
  let item = edit.clone(stored);
  let section = edit.rulesOf(item, environment.id) ? environment.id : 'default';
  const mayPublish = page.may('publisher');
  const mayEdit = page.may('editor');
  /** @type {{properties: string[], segments: string[], schemas: string[], tags: string[], examples: Example[]}} */
  const suggestions = { properties: [], segments: [], schemas: [], tags: [], examples: [] };

  const notices = h('div', { class: 'stack tight' });
  const tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Environments' });
  const body = h('div', { class: 'stack', role: 'tabpanel', id: 'section' });
  const bar = h('div', { class: 'stack' });
  // What cannot be read changes nothing, and yet nothing must be published then.
  body.addEventListener('input', () => drawBar());

  const isDirty = () => !edit.isSame(base, item);
  const saveEdits = () => {
    if (isDirty()) sessionStorage.setItem(storageKey, JSON.stringify({ base, item }));
    else sessionStorage.removeItem(storageKey);
  };
  function changed() {
    saveEdits();
    drawBar();
    drawTabs();
  }
  /** @param {{base: PublishedItem, item: Item}} next */
  function load(next) {
    ({ base, item } = { base: next.base, item: edit.clone(next.item) });
    draw();
    saveEdits();
  }
  const draw = () => { drawTabs(); drawSection(); drawBar(); };

  function drawTabs() {
    const ids = [['default', 'Default'], ...project.environments.map((one) => [one.id, one.name]), ['settings', 'Settings']];
    const dirty = edit.changedSections(base, item);
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
    if (section === 'settings') return show(body, settings(item, { ...suggestions, disabled: !mayEdit, onChange: changed }));
    const rules = edit.rulesOf(item, section);
    const disabled = !mayEdit || (section !== 'default' && !page.may('editor', section));
    /** @type {Check} */
    const check = (value) => api.post(page.api('validate'), { value, schemaKey: item.schemaKey });
    check.hasSchema = Boolean(item.schemaKey);
    const how = { key: item.key, kind: item.type === 'segment' ? 'segment' : item.valueType, section, disabled, onChange: changed,
      check, variants: (item.variants ?? []).map((one) => ({ ...one.value, name: one.name })), ...suggestions };
    if (!rules) {
      return show(body, h('section', { class: 'card' }, h('p', null, `${name(section)} uses the default rules:`),
        rulesEditor(edit.clone(item.default.rules), { ...how, disabled: true }),
        !disabled && h('div', null, h('button', { type: 'button', class: 'main', onclick: () => { edit.setRules(item, section, edit.clone(item.default.rules)); changed(); drawSection(); } }, `Override in ${name(section)}`))));
    }
    const unowned = project.environments.filter((one) => !edit.rulesOf(item, one.id)).map((one) => one.name);
    show(body,
      section === 'default' && h('p', { class: 'about' }, unowned.length === project.environments.length ? 'These rules apply to all environments.' : unowned.length ? `These rules apply in ${unowned.join(' and ')}. The other environments override them.` : 'Not used: every environment overrides these rules.'),
      rulesEditor(rules, how),
      section !== 'default' && !disabled && h('div', null, h('button', { type: 'button', class: 'quiet', onclick: () => { edit.setRules(item, section, undefined); changed(); drawSection(); } }, 'Use default rules')));
  }
  const name = (/** @type {string} */ id) => project.environments.find((one) => one.id === id)?.name ?? 'Default';

  function drawBar() {
    if (!isDirty()) return show(bar);
    const wrong = edit.problems(item);
    const invalid = body.querySelector('[aria-invalid="true"]');
    show(bar, h('div', { class: 'bottom-bar' }, h('span', { class: 'small' }, wrong.length ? h('span', { class: 'wrong' }, wrong[0][1]) : invalid ? h('span', { class: 'wrong' }, 'Fix the highlighted errors to publish.') : 'Unpublished changes'), h('span', { class: 'spread' }),
      h('button', { type: 'button', class: 'quiet', onclick: drop }, 'Discard'),
      mayEdit && h('button', { type: 'button', onclick: saveDraft, disabled: wrong.length > 0 }, 'Save draft'),
      mayPublish && h('button', { type: 'button', class: 'main', 'data-focus': 'publish', onclick: review, disabled: wrong.length > 0 || Boolean(invalid) }, 'Review and publish')));
  }

  async function drop() {
    if (!(await confirm('Discard changes?', h('p', null, 'The published version is not affected.'), 'Discard', async () => true, { isDanger: true, asksComment: false }))) return;
    load({ base, item: base });
  }

  async function saveDraft() {
    try {
      await api.put(page.api('items', item.key, 'draft'), { item, comment: '' });
      await showDraft();
      notify('Draft saved. Everyone in the project can see it.');
    } catch (error) {
      notify(error.message, 'bad');
    }
  }

  /** From here on it is the draft that has what was changed. */
  async function showDraft() {
    load({ base, item: base });
    show(notices, draftBanner(await api.get(page.api('items', item.key, 'draft'))));
  }

  async function review() {
    const before = base.id;
    const done = await publish(page, base, item);
    if (!done) return;
    if (done === 'draft') {
      await showDraft();
      return notify('Draft saved. It is waiting for approval.');
    }
    if (done === 'conflict') {
      const next = await reconcile(page, base, item);
      if (next) load(next);
      return;
    }
    await published(done, before);
  }

  /** @type {(done: Changed, before: string) => Promise<void>} */
  async function published(done, before) {
    sessionStorage.removeItem(storageKey);
    const fresh = await api.get(page.api('items', item.key));
    load({ base: fresh, item: fresh });
    const [version] = await api.get(page.api('items', item.key, 'versions'));
    onPublished(version, fresh);
    show(notices, publishedBanner(page, done, before, reload));
    items.refresh(project.id, item.key);
  }

  async function reload() {
    const fresh = await api.get(page.api('items', item.key));
    load({ base: fresh, item: fresh });
  }

  const draftNotice = () => notices.querySelector('.waiting');
  /** @type {(draft: {savedAt?: number | null, savedBy?: string | null, approvedBy?: string | null}) => string} */
  const mark = (draft) => JSON.stringify([draft.savedAt, draft.savedBy, draft.approvedBy]);
  /** Which draft is shown, so that what one did oneself is not drawn again below the pointer. */
  let shown = '';

  async function drawDraft() {
    /** @type {Draft | null} */
    const now = await api.get(page.api('items', item.key, 'draft')).catch((error) => { if (error.code !== 'not_found') throw error; return null; });
    const old = draftNotice();
    if (!now) return old?.remove();
    if (old) old.replaceWith(draftBanner(now));
    else notices.append(draftBanner(now));
  }

  page.listen(async (kind, data) => {
    if (kind === 'draft' && data.key === item.key && !(draftNotice() && shown === mark(data))) return drawDraft();
    // A draft may be for an older version now; what was missed may be anything.
    if (kind === 'reconnected' || (kind === 'change' && data.key === item.key && draftNotice())) drawDraft().catch(() => {});
    if (kind === 'reconnected' && !isDirty()) return reload();
    if (kind !== 'change' || data.key !== item.key || BigInt(data.version) <= BigInt(base.id)) return;
    if (data.deleted) return show(notices, h('div', { class: 'banner bad' }, `${data.who} archived this.`));
    if (!isDirty() && !document.querySelector('dialog[open]')) return reload();
    if (!isDirty() || notices.querySelector('.conflict')) return;
    show(notices, h('div', { class: 'banner conflict', role: 'alert' }, h('span', null, h('strong', null, data.who), ` published another version while you edit${data.sentence ? `: ${data.sentence}` : ''}`),
      h('button', { type: 'button', onclick: async () => {
        const next = await reconcile(page, base, item);
        if (!next) return;
        show(notices);
        load(next);
      } }, 'Compare')));
  });

  const leave = async () => {
    saveEdits();
    return true;
  };
  leave.isDirty = isDirty;
  router.setLeaveGuard(leave);
  page.onLeave(() => router.setLeaveGuard(null));

  const before = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null');
  if (before && mayEdit) {
    ({ base, item } = before);
    show(notices, h('div', { class: 'banner info' }, 'Your unpublished changes were restored.'));
    if (base.id !== stored.id) show(notices, h('div', { class: 'banner conflict' }, h('span', null, 'This was changed while you were editing.'), h('button', { type: 'button', onclick: async () => {
      const next = await reconcile(page, base, item);
      if (next) { show(notices); load(next); }
    } }, 'Compare')));
  } else if (draft) {
    show(notices, draftBanner(draft));
  }
  if (!mayEdit) notices.append(h('p', { class: 'banner info' }, 'Read-only access'));
  show(main, notices, tabs, body, bar);
  draw();
  void versions;
  await loadSuggestions();

  /** @param {Draft} draft */
  function draftBanner(draft) {
    /** @type {(text: string, action: () => unknown, isMain?: boolean) => HTMLElement} */
    const actionButton = (text, action, isMain = false) => h('button', { type: 'button', class: isMain ? 'main' : '', onclick: async () => {
      try { await action(); } catch (error) { notify(error.message, 'bad'); }
    } }, text);
    const path = page.api('items', item.key, 'draft');
    const opened = draft.item;
    shown = mark(draft);
    return h('div', { class: 'banner waiting' }, h('span', null, `Draft by ${draft.savedBy},  ${ago(draft.savedAt)}${draft.comment ? `: “${draft.comment}”` : ''}. ${draft.differences.join('; ')}.`,
      draft.needsApproval && !draft.approvedBy && ' Waiting for approval.', draft.approvedBy && ` Approved by ${draft.approvedBy}.`, draft.isStale && ' Based on an older version.'),
    h('div', { class: 'row' }, opened && ['feature_flag', 'config'].includes(item.type) && h('a', { class: 'button', href: page.path('playground') + api.query({ key: item.key, environment: environment.id, against: 'version', left: 'published', right: 'draft' }) }, 'Compare values'),
      opened && actionButton('Open draft', () => { load({ base, item: { ...opened, id: base.id } }); show(notices); }),
      mayPublish && draft.needsApproval && !draft.approvedBy && actionButton('Approve', async () => { show(notices, draftBanner(await api.post(`${path}/approve`))); }, true),
      mayPublish && !draft.isStale && (!draft.needsApproval || draft.approvedBy) && actionButton('Publish draft', async () => { const old = base.id; await published(await api.post(`${path}/publish`, {}), old); }, true),
      mayEdit && actionButton('Discard draft', async () => { await api.remove(path); show(notices); })));
  }

  /** What makes typing easier comes after the page is there. */
  async function loadSuggestions() {
    /** @type {[Contexts, string[], string[]]} */
    const [contexts, segments, schemas] = await Promise.all([api.get(page.api('contexts') + api.query({ environment: environment.id })), items.keysOf(project.id, 'segment'), items.keysOf(project.id, 'schema')]);
    const names = contexts.shapes.flatMap((shape) => shape.properties.map((one) => `${shape.context}.${one.name}`));
    const tags = [...(items.cached(project.id)?.values() ?? [])].flatMap((one) => one.tags ?? []);
    Object.assign(suggestions, { tags: [...new Set(tags)].sort(), properties: [...new Set([...names, 'user.key', 'user.email'])], segments, schemas, examples: contexts.examples });
    if (!isDirty() && !body.contains(document.activeElement)) drawSection();
  }
}
