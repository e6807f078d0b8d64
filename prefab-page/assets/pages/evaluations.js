// Evaluations of all keys together, per environment.

import { h, show } from '../dom.js';
import { evaluations } from '../parts/chart.js';

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Evaluations – Prefab';
  const body = h('div', { class: 'stack' });
  show(main, h('div', null, h('h1', null, 'Evaluations'), h('p', { class: 'about' }, 'Evaluations of all keys. Each key has its own chart on its page.')), body);
  await evaluations(body, page, '');
}
