// The editor of an item: one section per environment, unpublished edits that survive a reload, and publishing.

import * as api from '../api.js';
import { h, notify, show, update, withCode } from '../dom.js';
import * as edit from '../edit.js';
import { inWords, listNames } from '../format.js';
import { inColorOf } from '../environments.js';
import { icon } from '../icons.js';
import * as items from '../items.js';
import * as router from '../router.js';
import { chooseEnvironment } from './layout.js';
import { confirm } from './dialog.js';
import { draftBanner, fetchDraft } from './draft-banner.js';
import { environmentCards, otherEnvironments } from './environment-cards.js';
import { affectedEnvironments, diffView, publish, publishedBanner, reconcile } from './publish.js';
import { rulesEditor } from './rules.js';
import { rulesSwitch } from './rules-switch.js';
import { settings } from './settings.js';

/** How the control key is written. */
const CONTROL = /Mac/.test(navigator.platform) ? '⌘' : 'Ctrl ';

/** The edits that the last editor left behind, so that another view of the same item continues without a notice. */
let leftBehind = '';

/**
 * @param {HTMLElement} main
 * @param {PageContext} page
 * @param {PublishedItem} stored
 * @param {{draft: Draft | null, hasSettings: boolean, onPublished: (version: Version, item: Item) => void}} how `hasSettings` shows the settings instead of the rules
 */
export async function editor(main, page, stored, { draft, hasSettings, onPublished }) {
  const { project, environment } = page;
  const storageKey = `prefab-edit ${project.id} ${stored.key}`;
  let base = stored;
  /** @type {Item} */
  let item = edit.clone(stored);
  let section = hasSettings ? 'settings' : edit.rulesOf(item, environment.id) ? environment.id : 'default';
  const mayPublish = page.may('publisher');
  const mayEdit = page.may('editor');
  /** @type {{properties: string[], segments: string[], schemas: string[], tags: string[], examples: Example[]}} */
  const suggestions = { properties: [], segments: [], schemas: [], tags: [], examples: [] };

  const notices = h('div', { class: 'stack tight' });
  const cards = h('div', { class: 'env-cards', role: 'tablist', 'aria-label': 'Environments' });
  const others = h('div', { class: 'env-more' });
  const environments = h('div', { class: 'env-row', hidden: hasSettings }, cards, others);
  const head = h('div', { class: 'rules-head', hidden: hasSettings });
  const body = h('div', { class: 'stack', id: 'section', ...(hasSettings ? {} : { role: 'tabpanel' }) });
  /**
   * Rules that are forms at the moment.
   * @type {WeakSet<Rule>}
   */
  const opened = new WeakSet();
  // One element for as long as the editor is open: a click on it must not be lost while its text changes.
  const bar = h('div', { class: 'bottom-bar', hidden: true });
  // Invalid text changes no value, but disables publishing.
  body.addEventListener('input', () => drawBar());

  const isDirty = () => !edit.isSame(base, item);
  const saveEdits = () => {
    if (isDirty()) sessionStorage.setItem(storageKey, JSON.stringify({ base, item }));
    else sessionStorage.removeItem(storageKey);
  };
  function changed() {
    saveEdits();
    drawBar();
    drawCards();
  }
  /** @param {{base: PublishedItem, item: Item}} next */
  function load(next) {
    ({ base, item } = { base: next.base, item: edit.clone(next.item) });
    draw();
    saveEdits();
  }
  const draw = () => { drawCards(); drawSection(); drawBar(); };
  const nameOf = (/** @type {string} */ id) => project.environments.find((one) => one.id === id)?.name ?? 'Default';

  /** Opens a section; the environment of the page follows. */
  function openSection(/** @type {string} */ id) {
    section = id;
    const chosen = project.environments.find((one) => one.id === id);
    if (chosen) chooseEnvironment(chosen, project);
    drawOthers();
    draw();
  }

  const drawOthers = () => show(others, otherEnvironments({ project, item, section, onOpen: openSection }));
  const kind = () => (item.type === 'segment' ? 'segment' : item.valueType);
  const mayEditSection = () => mayEdit && (section === 'default' || page.may('editor', section));

  function drawCards() {
    if (hasSettings) return;
    update(cards, environmentCards({ project, item, section, kind: kind(), changed: edit.changedSections(base, item), onOpen: openSection }));
    body.setAttribute('aria-labelledby', `tab-${section}`);
    drawHead();
  }

  let shownSwitch = { state: '', node: h('span') };
  /** Draws the line above the rules: whose they are, and the switch of a Boolean. */
  function drawHead() {
    const own = edit.rulesOf(item, section);
    const rules = own ?? item.default.rules;
    const setAll = (/** @type {Rule[]} */ next) => {
      edit.setRules(item, section, edit.clone(next));
      changed();
      drawSection();
      /** @type {OptionalElement} */ (head.querySelector('.switch'))?.focus();
    };
    const useDefault = () => {
      edit.setRules(item, section, undefined);
      changed();
      drawSection();
    };
    // The menu of the switch is in its closure, so the element is exchanged rather than updated.
    const state = JSON.stringify([section, rules.map((one) => [one.criteria ?? [], one.value])]);
    if (shownSwitch.state !== state) {
      shownSwitch = { state, node: rulesSwitch(rules, { label: `${item.key} in ${nameOf(section)}`, disabled: !mayEditSection(), onChange: setAll }) };
      shownSwitch.node.dataset.key = state;
    }
    update(head, h('h2', null, section === 'default' ? 'Default rules' : `Rules in ${nameOf(section)}`),
      item.valueType === 'bool' && shownSwitch.node,
      h('span', { class: 'faint' }, section === 'default' ? defaultUsage() : rules.length > 1 ? 'The first matching rule applies.' : ''),
      h('span', { class: 'spacer' }),
      section !== 'default' && own && mayEditSection() && h('button', { type: 'button', class: 'quiet', 'data-key': 'use-default', onclick: useDefault }, 'Use default rules'));
  }

  function drawSection() {
    if (section === 'settings') return show(body, settings(item, { ...suggestions, disabled: !mayEdit, onChange: changed }));
    const rules = edit.rulesOf(item, section);
    const options = rulesOptions(!mayEditSection());
    inColorOf(body, project.environments.find((one) => one.id === section), project);
    show(body, rules ? rulesEditor(rules, options) : inheritedRules(options));
  }

  /** @type {(disabled: boolean) => Parameters<typeof rulesEditor>[1]} */
  function rulesOptions(disabled) {
    /** @type {Check} */
    const check = (value) => api.post(page.api('validate'), { value, schemaKey: item.schemaKey });
    check.hasSchema = Boolean(item.schemaKey);
    return {
      key: item.key, kind: kind(), section, disabled, onChange: changed, check, opened,
      href: (segment) => page.path('segments', segment),
      published: edit.rulesOf(base, section) ?? base.default.rules,
      variants: (item.variants ?? []).map((one) => ({ ...one.value, name: one.name })), ...suggestions,
    };
  }

  /** @type {(options: Parameters<typeof rulesEditor>[1]) => Child} */
  function inheritedRules(options) {
    const override = () => {
      edit.setRules(item, section, edit.clone(item.default.rules));
      changed();
      drawSection();
    };
    return h('section', { class: 'stack tight inherited' },
      h('div', { class: 'row' }, h('p', { class: 'faint' }, `${nameOf(section)} uses the default rules.`),
        !options.disabled && h('button', { type: 'button', class: 'main', onclick: override }, `Override in ${nameOf(section)}`)),
      rulesEditor(edit.clone(item.default.rules), { ...options, disabled: true, published: item.default.rules }));
  }

  function defaultUsage() {
    const users = project.environments.filter((one) => !edit.rulesOf(item, one.id)).map((one) => one.name);
    if (users.length === project.environments.length) return 'These rules apply to all environments.';
    if (!users.length) return 'Not used: every environment overrides these rules.';
    return `These rules apply in ${listNames(users)}. The other environments override them.`;
  }

  function drawBar() {
    bar.hidden = !isDirty();
    if (bar.hidden) return;
    const [problem] = edit.problems(item);
    const isInvalid = Boolean(body.querySelector('[aria-invalid="true"]'));
    const error = problem?.[1] ?? (isInvalid && 'Fix the highlighted errors to publish.');
    update(bar,
      icon('warning'),
      h('span', { class: 'summary', role: 'status' }, error ? h('span', { class: 'wrong' }, error) : summary()),
      h('button', { type: 'button', class: 'quiet', 'data-key': 'discard', onclick: discard }, 'Discard'),
      mayEdit && h('button', { type: 'button', 'data-key': 'draft', onclick: saveDraft, disabled: Boolean(problem), 'aria-keyshortcuts': 'Control+S', title: `${CONTROL}S` }, 'Save draft'),
      mayPublish && h('button', {
        type: 'button', class: 'main', 'data-key': 'publish', onclick: review, disabled: Boolean(problem) || isInvalid,
        'aria-keyshortcuts': 'Control+Enter', title: `${CONTROL}Enter`,
      }, 'Review and publish', h('kbd', { 'aria-hidden': 'true' }, `${CONTROL}↵`)));
  }

  /** Returns what is unpublished: how many changes, and which environments they affect. */
  function summary() {
    const count = edit.diff(base, item, project.environments).length;
    const sections = edit.changedSections(base, item);
    const text = h('strong', null, count === 1 ? '1 unpublished change' : `${count} unpublished changes`);
    if (!sections.length) return text;
    const affected = affectedEnvironments(page, base, item);
    const isAll = affected.length === project.environments.length;
    return [text, ` in ${listNames(sections.map(nameOf))}`, sections.includes('default')
      && h('span', { class: 'faint' }, ` · affects ${isAll ? 'all environments' : listNames(affected.map((one) => one.name)) || 'no environment'}`)];
  }

  async function discard() {
    const done = await confirm('Discard changes?', h('p', null, 'The published version is not affected.'), 'Discard', async () => true, { isDanger: true, asksComment: false });
    if (done) load({ base, item: base });
  }

  async function saveDraft() {
    const done = await confirm('Save draft?', diffView(edit.diff(base, item, project.environments)), 'Save draft',
      (comment) => api.put(page.api('items', item.key, 'draft'), { item, comment }));
    if (!done) return;
    await showDraft();
    notify('Draft saved. Everyone in the project can see it.');
  }

  /** Shows the saved draft; the editor goes back to the published version. */
  async function showDraft() {
    load({ base, item: base });
    const saved = await fetchDraft(page, item.key);
    if (saved) show(notices, banner(saved));
  }

  async function review() {
    const before = base.id;
    const only = affectedEnvironments(page, base, item).map((one) => one.id);
    const done = await publish(page, base, item);
    if (!done) return;
    if (done === 'draft') {
      await showDraft();
      notify('Draft saved. It is waiting for approval.');
    } else if (done === 'conflict') {
      const next = await reconcile(page, base, item);
      if (next) load(next);
    } else {
      await published(done, before, only);
    }
  }

  /** @type {(done: Changed, before: string, only: string[]) => Promise<void>} */
  async function published(done, before, only) {
    sessionStorage.removeItem(storageKey);
    await reload();
    const [version] = await api.get(page.api('items', item.key, 'versions'));
    onPublished(version, base);
    show(notices, publishedBanner(page, done, { before, only, onUndone: reload, onDraft: showDraft }));
    items.refresh(project.id, item.key);
  }

  async function reload() {
    const fresh = await api.get(page.api('items', item.key));
    load({ base: fresh, item: fresh });
  }

  /** @type {(saved: Draft) => HTMLElement} */
  const banner = (saved) => draftBanner(page, saved, {
    type: item.type,
    open: (opened) => {
      load({ base, item: { ...opened, id: base.id } });
      show(notices);
    },
    publish: (done, draftItem) => {
      const only = affectedEnvironments(page, base, draftItem ?? base).map((one) => one.id);
      return published(done, base.id, only);
    },
    replace: (next) => show(notices, next && banner(next)),
  });
  const shownDraft = () => notices.querySelector('.waiting');

  async function drawDraft() {
    const now = await fetchDraft(page, item.key);
    const old = shownDraft();
    if (!now) return old?.remove();
    if (old) old.replaceWith(banner(now));
    else notices.append(banner(now));
  }

  /** @type {(text: Child) => void} */
  function showConflict(text) {
    const compare = async () => {
      const next = await reconcile(page, base, item);
      if (!next) return;
      show(notices);
      load(next);
    };
    show(notices, h('div', { class: 'banner conflict', role: 'alert' }, h('span', null, h('strong', null, 'This was changed while you were editing.'), ' ', text),
      h('button', { type: 'button', onclick: compare }, 'Compare')));
  }

  page.listen(async (kind, data) => {
    if (kind === 'draft' && data.key === item.key && shownDraft()?.getAttribute('data-version') !== JSON.stringify([data.savedAt, data.savedBy, data.approvedBy])) return drawDraft();
    // A change can make the draft outdated; after a reconnect anything may have changed.
    if (kind === 'reconnected' || (kind === 'change' && data.key === item.key && shownDraft())) drawDraft().catch(() => {});
    if (kind === 'reconnected' && !isDirty()) return reload();
    if (kind !== 'change' || data.key !== item.key || BigInt(data.version) <= BigInt(base.id)) return;
    if (data.deleted) return show(notices, h('div', { class: 'banner bad' }, `${data.who} archived this item.`));
    if (!isDirty() && !document.querySelector('dialog[open]')) return reload();
    if (!isDirty() || notices.querySelector('.conflict')) return;
    showConflict(data.sentence ? withCode(inWords(data.sentence)) : `${data.who} published a new version.`);
  });

  const leave = async () => {
    saveEdits();
    leftBehind = storageKey;
    return true;
  };
  leave.isDirty = isDirty;
  router.setLeaveGuard(leave);
  page.onLeave(() => router.setLeaveGuard(null));

  const shortcuts = new Map([['enter', 'publish'], ['s', 'draft']]);
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const key = shortcuts.get(event.key.toLowerCase());
    if (!key || !(event.ctrlKey || event.metaKey) || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    const button = /** @type {HTMLButtonElement | null} */ (bar.querySelector(`[data-key="${key}"]`));
    if (!bar.hidden) button?.click();
  };
  document.addEventListener('keydown', onKey);
  page.onLeave(() => document.removeEventListener('keydown', onKey));

  const edits = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null');
  if (edits && mayEdit) {
    ({ base, item } = edits);
    if (base.id === stored.id && leftBehind === storageKey) show(notices);
    else if (base.id === stored.id) show(notices, h('div', { class: 'banner info' }, 'Your unpublished changes were restored.'));
    else showConflict('Your unpublished changes were restored.');
  } else if (draft) {
    show(notices, banner(draft));
  }
  if (!mayEdit) notices.append(h('p', { class: 'banner info' }, 'Read-only access'));
  leftBehind = '';
  drawOthers();
  show(main, notices, environments, h('div', { class: 'stack tight' }, head, body), bar);
  draw();
  await loadSuggestions();

  /** Loads what the inputs suggest, after the page is drawn. */
  async function loadSuggestions() {
    /** @type {[Contexts, string[], string[]]} */
    const [contexts, segments, schemas] = await Promise.all([
      api.get(page.api('contexts') + api.query({ environment: environment.id })),
      items.keysOf(project.id, 'segment'), items.keysOf(project.id, 'schema'),
    ]);
    const names = contexts.shapes.flatMap((shape) => shape.properties.map((one) => `${shape.context}.${one.name}`));
    const tags = [...(items.cached(project.id)?.values() ?? [])].flatMap((one) => one.tags ?? []);
    const properties = [...new Set([...names, 'user.key', 'user.email'])];
    Object.assign(suggestions, { tags: [...new Set(tags)].sort(), properties, segments, schemas, examples: contexts.examples });
    if (canRedraw()) drawSection();
  }

  /** Whether the section can be drawn again without losing invalid text or the focus. */
  function canRedraw() {
    const focused = document.activeElement;
    const keepsFocus = !body.contains(focused) || (focused instanceof HTMLElement && focused.dataset.focus !== undefined);
    return keepsFocus && !body.querySelector('[aria-invalid="true"]');
  }
}
