// The components of the page, for people who work on it. No menu leads here; open `…/style`.

import { field, h, notify, show, table } from '../dom.js';
import { valueColors } from '../colors.js';
import { environmentName } from '../environments.js';
import { LEVELS } from '../format.js';
import { icon, ICONS } from '../icons.js';
import { avatar, valueChip } from '../parts/badges.js';
import { chart } from '../parts/chart.js';
import { combobox } from '../parts/combobox.js';
import { confirm } from '../parts/dialog.js';
import { menu } from '../parts/menu.js';
import { rolloutInput } from '../parts/rollout.js';
import { listInput, select } from '../parts/value.js';

const text = (/** @type {string} */ value) => ({ type: 'string', value });
const bool = (/** @type {boolean} */ value) => ({ type: 'bool', value });
const VALUES = [bool(true), bool(false), ...['video', 'minimal', 'small', 'carousel', 'eu-1', 'red'].map(text)];
const HOUR = 36e5;

/** @type {(title: string, ...content: Child[]) => HTMLElement} */
const panel = (title, ...content) => h('section', { class: 'card' }, h('h2', null, title), content);
const row = (/** @type {Child[]} */ ...content) => h('div', { class: 'row' }, content);

/** @type {(main: HTMLElement, page: PageContext) => void} */
export default function render(main, page) {
  document.title = 'Components – Prefab';
  const colors = valueColors(VALUES);
  const button = (/** @type {string} */ name, /** @type {string} */ kind, isDisabled = false) => h('button', { type: 'button', class: kind, disabled: isDisabled }, name);
  const toggle = (/** @type {string} */ state) => h('button', { type: 'button', class: 'switch', role: state === 'mixed' ? 'checkbox' : 'switch', 'aria-checked': state, 'aria-label': `Switch ${state}` });
  show(main, h('div', { class: 'title' }, h('h1', null, 'Components')), h('div', { class: 'gallery' },
    panel('Buttons', row(button('Create', 'main'), button('Create', 'main', true), button('Cancel', ''), button('Cancel', '', true), button('Discard', 'quiet'), button('Reject', 'danger')),
      row(h('div', { class: 'group', role: 'group', 'aria-label': 'Count or share' }, h('button', { type: 'button', 'aria-pressed': 'true' }, 'Count'), h('button', { type: 'button', 'aria-pressed': 'false' }, 'Share')))),
    panel('Switches and checks', row(toggle('true'), toggle('false'), toggle('mixed')), row(...[false, true].map((checked) => h('label', { class: 'check' }, h('input', { type: 'checkbox', checked }), checked ? 'Checked' : 'Empty')))),
    panel('Fields', field('Key', h('input', { placeholder: 'checkout.one-click-buy' }), { hint: 'Used in code. Can’t be changed later.' }),
      field('Value', h('input', { value: '30s', 'aria-invalid': 'true' }), { error: 'Expected a duration such as 30 seconds.' }),
      field('Values', listInput(['DE', 'AT'], () => {})), field('Level', select(LEVELS.map((one) => [one, one]), 'INFO', () => {}))),
    panel('Combobox', combobox({ value: 'user.email', options: () => ['user.email', 'user.key', 'user.plan', 'device.appVersion'].map((value) => ({ value })), onChange: () => {}, input: { 'aria-label': 'Property of a condition', class: 'code' } })),
    panel('Values', row(...VALUES.map((one) => valueChip(one, colors)))),
    panel('Chips', row(h('span', { class: 'chip on' }, 'Active'), h('span', { class: 'chip warn' }, 'Waiting'), h('span', { class: 'chip bad' }, 'Refused'), h('span', { class: 'chip info' }, 'Scheduled'), h('span', { class: 'tag' }, 'checkout'), h('span', { class: 'tag drafted' }, 'draft'), h('span', { class: 'count' }, '18'), h('span', { class: 'count new' }, '2')),
      row(...LEVELS.map((one) => h('span', { class: `chip level ${one.toLowerCase()}` }, one)))),
    panel('Environments', row(...page.project.environments.slice(0, 8).map((one) => environmentName(one, page.project)))),
    panel('People', row(...['Ann Berg', 'Bea Pohl', 'Chris', 'dee@acme.test', 'key 3'].map((name) => avatar(name)))),
    panel('Rollout', rolloutInput({ type: 'weighted_values', hashByPropertyName: 'user.key', value: [{ weight: 25, value: bool(true) }, { weight: 75, value: bool(false) }] }, { key: 'style', kind: 'bool', section: 'default', disabled: false, variants: [], properties: [], segments: [], examples: [], onChange: () => {} })),
    panel('Chart', exampleChart(colors)),
    panel('Menu', row(menu({}, 'Actions', () => [{ text: 'Duplicate', icon: 'copy' }, { text: 'Archive…', icon: 'archive', isDanger: true }], 'left'))),
    panel('Dialog and toast', row(h('button', { type: 'button', onclick: () => confirm('Publish to Production?', h('p', null, 'Everyone gets `true`.'), 'Publish', async () => true) }, 'Open dialog'),
      h('button', { type: 'button', onclick: () => notify('Published.') }, 'Show toast'), h('button', { type: 'button', onclick: () => notify('Not published: a newer version exists.', 'bad') }, 'Show error'))),
    panel('Notices', h('p', { class: 'banner' }, 'Connection lost, reconnecting…'), h('p', { class: 'banner info' }, 'Read-only access'), h('p', { class: 'banner bad' }, 'Ann archived this item.')),
    panel('Table', h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, h('th', null, 'Key'), h('th', { class: 'number' }, '24 h'))), h('tbody', null, [['ai.model', '38,000'], ['auth.passkeys', '96,400']].map(([key, count]) => h('tr', null, h('td', { class: 'code' }, key), h('td', { class: 'number' }, count))))))),
    panel('Icons', h('ul', { class: 'row' }, ICONS.map((name) => h('li', { title: name }, icon(name))))),
    h('section', { class: 'empty' }, icon('flag'), h('h2', null, 'No flags match these filters'), h('p', null, '58 flags are hidden by 2 filters.'), button('Clear filters', ''))));
}

/** @type {(colors: (text: string) => string) => HTMLElement} */
function exampleChart(colors) {
  const end = Math.floor(Date.now() / HOUR) * HOUR;
  const buckets = Array.from({ length: 24 }, (_, at) => {
    const total = Math.round(900 + 500 * Math.sin(at / 4));
    return { at: end - (24 - at) * HOUR, total, counts: [true, false].map((value) => ({ value: { bool: value }, version: null, count: Math.round(total * (value ? 0.3 : 0.7)) })) };
  });
  return chart(buckets, ['false', 'true'], end - 24 * HOUR, end, HOUR, 'an example', colors);
}
