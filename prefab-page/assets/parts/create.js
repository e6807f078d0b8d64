// Making an item: a key, a kind, a first value. The rest is done on its page.

import * as api from '../api.js';
import { field, h, show } from '../dom.js';
import * as items from '../items.js';
import * as places from '../router.js';
import { TYPES } from '../format.js';
import { dialog } from './dialog.js';
import { blank, valueInput } from './value.js';

/** @type {Record<string, [kind: string, said: string][]>} */
const VALUES = {
  feature_flag: [['bool', 'on or off'], ['string', 'text'], ['int', 'whole number'], ['double', 'number'], ['json', 'JSON']],
  config: [['string', 'text'], ['int', 'whole number'], ['double', 'number'], ['bool', 'true or false'], ['string_list', 'list of texts'],
    ['duration', 'duration'], ['json', 'JSON']],
  segment: [['bool', '']],
  schema: [['schema', '']],
};

/**
 * Asks for what an item needs, makes it, and opens it.
 * @type {(known: PageContext, type: string) => Promise<void>}
 */
export async function create(known, type) {
  const [page, , name] = TYPES[type];
  const made = await dialog(`New ${name}`, (/** @type {(key: string | null) => void} */ close) => {
    const key = h('input', { name: 'key', required: true, autocomplete: 'off', spellcheck: 'false' });
    const kind = h('select', { name: 'kind' }, VALUES[type].map(([value, said]) => h('option', { value }, said)));
    let flat = blank(VALUES[type][0][0]);
    const place = h('div');
    const fill = () => {
      flat = blank(kind.value);
      show(place, type !== 'segment' && valueInput(flat, { label: type === 'schema' ? 'Schema' : 'Value for everybody', check: (value) => api.post(known.api('validate'), { value }) }));
    };
    kind.addEventListener('change', fill);
    const comment = h('input', { name: 'comment' });
    const wrong = h('p', { class: 'wrong', role: 'alert' });
    fill();
    return h('form', { class: 'stack', onsubmit: async (event) => {
      event.preventDefault();
      show(wrong);
      try {
        const item = draft(type, key.value.trim(), kind.value, flat);
        await api.post(known.api('items'), { item, comment: comment.value });
        close(item.key);
      } catch (error) {
        show(wrong, (error.causes ?? [error.message]).join('\n'));
      }
    } }, field('Key', key, { hint: 'The name that programs ask for. It stays for good.' }),
    VALUES[type].length > 1 && field('Kind of value', kind), place,
    field(known.project.environments.some((one) => one.needsComment) ? 'Comment' : 'Comment (optional)', comment), wrong,
    h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, `Make the ${name}`), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
  });
  if (!made) return;
  await items.refresh(known.project.id, made);
  places.go(known.path(page, made) + api.query({ environment: known.environment.id }));
}

/** @type {(type: string, key: string, kind: string, flat: Flat) => Item} */
function draft(type, key, kind, flat) {
  /** @type {Item} */
  const item = { key, type, valueType: kind === 'schema' ? null : kind, default: { rules: [{ criteria: [], value: flat }] }, environments: [], variants: [] };
  if (item.valueType === null) delete item.valueType;
  if (type !== 'feature_flag') return item;
  item.sendToClientSdk = true;
  item.variants = kind === 'bool' ? [true, false].map((value) => ({ value: { type: 'bool', value } })) : [{ value: structuredClone(flat) }];
  return item;
}
