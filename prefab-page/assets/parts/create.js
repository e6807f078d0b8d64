// The dialog that creates an item: a key, a type and a default value.

import * as api from '../api.js';
import { field, h, show, withCode } from '../dom.js';
import * as items from '../items.js';
import * as router from '../router.js';
import { TYPES, VALUE_TYPES } from '../format.js';
import { dialog } from './dialog.js';
import { blank, valueInput } from './value.js';

/** The value types of each type of item. @type {Record<string, string[]>} */
const VALUES = {
  feature_flag: ['bool', 'string', 'int', 'double', 'json'],
  config: ['string', 'int', 'double', 'bool', 'string_list', 'duration', 'json'],
  segment: ['bool'],
  schema: ['schema'],
};

/**
 * Creates an item in a dialog and opens it.
 * @type {(page: PageContext, type: string) => Promise<void>}
 */
export async function create(page, type) {
  const key = await createItem(page, type);
  if (key) router.navigate(page.path(TYPES[type][0], key) + api.query({ environment: page.environment.id }));
}

/**
 * Creates an item in a dialog. Resolves with its key, or with nothing if the user cancels.
 * @type {(page: PageContext, type: string) => Promise<string | null>}
 */
export async function createItem(page, type) {
  const [, , name] = TYPES[type];
  const made = await dialog(`New ${name}`, (/** @type {(key: string | null) => void} */ close) => {
    const key = h('input', { name: 'key', required: true, autocomplete: 'off', spellcheck: 'false' });
    const kind = h('select', { name: 'kind' }, VALUES[type].map((value) => h('option', { value }, VALUE_TYPES[value] ?? value)));
    let flat = blank(VALUES[type][0]);
    const place = h('div');
    const fill = () => {
      flat = blank(kind.value);
      show(place, type !== 'segment' && valueInput(flat, { label: type === 'schema' ? 'Schema' : 'Default value', check: (value) => api.post(page.api('validate'), { value }) }));
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
        await api.post(page.api('items'), { item, comment: comment.value });
        close(item.key);
      } catch (error) {
        show(wrong, withCode((error.causes ?? [error.message]).join('\n')));
      }
    } }, field('Key', key, { hint: 'Used in code. Can’t be changed later.' }),
    VALUES[type].length > 1 && field('Type', kind), place,
    field(page.project.environments.some((one) => one.needsComment) ? 'Comment' : 'Comment (optional)', comment), wrong,
    h('div', { class: 'row' }, h('button', { class: 'main', type: 'submit' }, `Create ${name}`), h('button', { type: 'button', onclick: () => close(null) }, 'Cancel')));
  });
  if (made) await items.refresh(page.project.id, made);
  return made;
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
