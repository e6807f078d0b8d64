// Settings of an item in all environments: tags, availability to client-side SDKs, schema and variants.

import { field, h, show, uniqueId } from '../dom.js';
import { blank, listInput, select, valueInput } from './value.js';

/**
 * @param {Item} item changed in place
 * @param {{schemas: string[], tags: string[], disabled: boolean, onChange: () => void}} how
 */
export function settings(item, { schemas, tags, disabled, onChange }) {
  const box = h('section', { class: 'card' });
  const seen = h('input', { type: 'checkbox', checked: item.sendToClientSdk, disabled: disabled || item.type === 'feature_flag', onchange: () => { item.sendToClientSdk = seen.checked; onChange(); } });
  const names = item.schemaKey && !schemas.includes(item.schemaKey) ? [item.schemaKey, ...schemas] : schemas;
  const schema = () => field('Schema', select([['', 'none'], ...names.map((name) => [name, name])], item.schemaKey ?? '', (name) => {
    if (name) item.schemaKey = name;
    else delete item.schemaKey;
    onChange();
  }, disabled), { hint: 'Values are checked against the schema before they are published.' });
  const suggestions = h('datalist', { id: uniqueId('tags') }, tags.map((tag) => h('option', { value: tag })));
  const tagged = field('Tags', listInput(item.tags, (list) => {
    if (list.length) item.tags = list;
    else delete item.tags;
    onChange();
  }, disabled, { list: suggestions.id, maxlength: 40, split: /[\n,]/ }), { hint: 'Press Enter after each tag.' });
  const draw = () => show(box, tagged, suggestions,
    h('label', { class: 'check' }, seen, item.type === 'feature_flag' ? 'Flags are always available to client-side SDKs' : 'Available to client-side SDKs'),
    item.type === 'config' && schema(),
    item.type === 'feature_flag' && h('div', { class: 'stack' }, h('h2', null, 'Variants'), h('p', { class: 'hint' }, 'The values that rules of this flag can return.'),
      (item.variants ?? []).map((variant, at) => h('div', { class: 'row bottom' }, valueInput(variant.value, { label: `Variant ${at + 1}`, kind: item.valueType, disabled: disabled || item.valueType === 'bool', onChange }),
        field('Name', h('input', { value: variant.name ?? '', disabled, oninput: (event) => {
          if (event.target.value) variant.name = event.target.value;
          else delete variant.name;
          onChange();
        } })),
        !disabled && item.valueType !== 'bool' && h('button', { type: 'button', class: 'quiet icon', 'aria-label': `Remove variant ${at + 1}`, onclick: () => { item.variants?.splice(at, 1); onChange(); draw(); } }, '×'))),
      !disabled && item.valueType !== 'bool' && h('div', null, h('button', { type: 'button', onclick: () => { (item.variants ??= []).push({ value: blank(item.valueType ?? 'string') }); onChange(); draw(); } }, 'Add variant'))));
  draw();
  return box;
}
