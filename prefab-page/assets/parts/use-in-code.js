// How to read a key: code for each SDK, and a request for OpenFeature.

import { h, show } from '../dom.js';
import { copyable } from './copyable.js';
import { dialog } from './dialog.js';
import { ofrep, SDKS } from './snippets.js';

const OFREP = 'OpenFeature (OFREP)';

/** @type {(key: string, isFlag: boolean) => Promise<unknown>} */
export const useInCode = (key, isFlag) => dialog('Use in code', (close) => {
  const names = [...Object.keys(SDKS), OFREP];
  const stored = localStorage.getItem('prefab-sdk') ?? '';
  let chosen = names.includes(stored) ? stored : names[0];
  const tabs = h('div', { class: 'tabs', role: 'group', 'aria-label': 'SDK' });
  const body = h('div', { class: 'stack tight' });
  function draw() {
    show(tabs, names.map((name) => h('button', { type: 'button', 'aria-current': name === chosen ? 'page' : null, 'data-focus': `sdk-${name}`, onclick: () => {
      chosen = name;
      localStorage.setItem('prefab-sdk', name);
      draw();
    } }, name)));
    const sdk = SDKS[chosen];
    show(body, sdk
      ? [copyable(sdk.install), copyable(isFlag ? sdk.flag(key) : sdk.config(key)), sdk.note && h('p', { class: 'hint' }, sdk.note)]
      : [h('p', { class: 'hint' }, 'OpenFeature SDKs with an OFREP provider send this request.'), copyable(ofrep(key, location.origin))]);
  }
  draw();
  return h('div', { class: 'stack' }, tabs, body, h('div', { class: 'row actions' }, h('button', { type: 'button', onclick: () => close(null) }, 'Close')));
});
