// The sheet of keyboard shortcuts.

import { h } from '../dom.js';
import { dialog } from './dialog.js';

const CONTROL = /Mac/.test(navigator.platform) ? '⌘' : 'Ctrl';

const SHORTCUTS = [
  [`${CONTROL} K`, 'Search keys, pages and actions'],
  ['/', 'Filter the list'],
  ['?', 'Show this list'],
  ['[ and ]', 'Previous and next environment'],
  ['↑ ↓', 'Move in a list, or move the focused rule'],
  ['Enter', 'Open the focused row'],
  ['Esc', 'Close a rule, a menu or a dialog'],
  [`${CONTROL} Enter`, 'Review and publish'],
  [`${CONTROL} S`, 'Save a draft'],
];

/** Shows the shortcuts. */
export const showShortcuts = () => dialog('Keyboard shortcuts', (close) => h('div', { class: 'stack' },
  h('dl', { class: 'shortcuts' }, SHORTCUTS.map(([keys, text]) => [h('dt', null, h('kbd', null, keys)), h('dd', null, text)])),
  h('div', { class: 'row actions' }, h('button', { type: 'button', onclick: () => close(null) }, 'Close'))));
