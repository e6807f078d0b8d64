// Contexts that apps evaluated: their properties, and recent examples.

import * as api from '../api.js';
import { h, show, table } from '../dom.js';
import { ago } from '../format.js';
import { icon } from '../icons.js';

/** @type {(main: HTMLElement, page: PageContext) => Promise<void>} */
export default async function render(main, page) {
  document.title = 'Contexts – Prefab';
  const body = h('div', { class: 'stack' });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const search = h('input', { type: 'search', placeholder: 'Filter by property or value', 'aria-label': 'Filter contexts', oninput: () => { clearTimeout(timer); timer = setTimeout(draw, 200); } });
  page.onLeave(() => clearTimeout(timer));
  show(main, h('div', null, h('h1', null, 'Contexts'), h('p', { class: 'about' }, `Contexts that apps evaluated in ${page.environment.name}. Rules can use every property listed here.`)), search, body);

  async function draw() {
    /** @type {Contexts} */
    const response = await api.get(page.api('contexts') + api.query({ environment: page.environment.id, search: search.value }));
    if (!response.shapes.length && !response.examples.length) {
      return show(body, h('section', { class: 'empty' }, h('h2', null, search.value ? `No results for “${search.value.trim()}”` : 'No contexts yet'), h('p', null, response.isCollecting
        ? 'Pass a context to your SDK, such as a user with a key and a plan. Evaluated contexts appear here.' : 'Context collection is disabled on this server.')));
    }
    show(body, h('div', { class: 'grid' }, response.shapes.map((shape) => h('section', { class: 'card shape' }, h('h2', { class: 'code' }, shape.context), table(null,
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Property'), h('th', { scope: 'col' }, 'Type'), h('th', { scope: 'col' }, 'Last seen'))), h('tbody', null, shape.properties.map((one) => h('tr', null, h('td', { class: 'code' }, one.name), h('td', null, one.types.join(', ').replaceAll('_', ' ')), h('td', { class: 'time' }, ago(one.lastAt))))))))),
    response.examples.length > 0 && h('h2', null, 'Recently seen'), h('div', { class: 'examples' }, response.examples.map(example)));
  }
  const contextOf = (/** @type {Example} */ one) => JSON.stringify(one.contexts);
  const example = (/** @type {Example} */ one) => h('section', { class: 'card' }, h('div', { class: 'grid' }, Object.entries(one.contexts).map(([name, properties]) => h('div', { class: 'stack tight' }, h('h3', { class: 'code' }, name),
    h('dl', { class: 'pairs' }, Object.entries(properties ?? {}).map(([property, value]) => [h('dt', null, property), h('dd', { class: 'code' }, typeof value === 'object' ? JSON.stringify(value) : String(value))]))))),
  h('div', { class: 'row ends' }, h('span', { class: 'small faint' }, ago(one.at)),
    h('a', { class: 'button', href: page.path('playground') + api.query({ environment: page.environment.id, context: contextOf(one) }) }, icon('flask'), 'What does this user get?')));
  await draw();
}
