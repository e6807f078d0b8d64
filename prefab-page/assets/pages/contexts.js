// What programs know of those they ask for: the properties, and some contexts that were met.

import * as api from '../api.js';
import { h, show, table } from '../dom.js';
import { ago } from '../format.js';

/** @type {(main: HTMLElement, known: PageContext) => Promise<void>} */
export default async function page(main, known) {
  document.title = 'Contexts – Prefab';
  const body = h('div', { class: 'stack' });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const search = h('input', { type: 'search', placeholder: 'Search properties and values', 'aria-label': 'Search contexts', oninput: () => { clearTimeout(timer); timer = setTimeout(draw, 200); } });
  known.onLeave(() => clearTimeout(timer));
  show(main, h('div', null, h('h1', null, 'Contexts'), h('p', { class: 'about' }, `Whom programs in ${known.environment.name} asked for. Rules can use every property named here.`)), search, body);

  async function draw() {
    /** @type {Contexts} */
    const told = await api.get(known.api('contexts') + api.query({ environment: known.environment.id, search: search.value }));
    if (!told.shapes.length && !told.examples.length) {
      return show(body, h('section', { class: 'empty' }, h('h2', null, search.value ? 'Nothing has that in it' : 'No context has been reported'), h('p', null, told.isCollecting
        ? 'Give your program’s SDK a context, such as a user with a key and a plan. What it asks with appears here.' : 'This server was told not to keep contexts.')));
    }
    show(body, h('div', { class: 'grid' }, told.shapes.map((shape) => h('section', { class: 'card' }, h('h2', { class: 'code' }, shape.context), table(null,
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Property'), h('th', { scope: 'col' }, 'Kind'), h('th', { scope: 'col' }, 'Last met'))), h('tbody', null, shape.properties.map((one) => h('tr', null, h('td', { class: 'code' }, one.name), h('td', null, one.types.join(', ').replaceAll('_', ' ')), h('td', { class: 'time' }, ago(one.lastAt))))))))),
    told.examples.length > 0 && h('h2', null, 'Met lately'), told.examples.map(example));
  }
  const example = (/** @type {Example} */ one) => h('section', { class: 'card' }, h('div', { class: 'grid' }, Object.entries(one.contexts).map(([name, properties]) => h('div', { class: 'stack tight' }, h('h3', { class: 'code' }, name),
    h('dl', { class: 'pairs' }, Object.entries(properties ?? {}).map(([property, value]) => [h('dt', null, property), h('dd', { class: 'code' }, typeof value === 'object' ? JSON.stringify(value) : String(value))]))))),
  h('p', { class: 'small faint' }, ago(one.at)));
  await draw();
}
