// The environment control of the top bar: the first environments as buttons, the others in a search field.

import { h, show } from '../dom.js';
import { environmentName, inColorOf } from '../environments.js';
import { combobox } from './combobox.js';
import { menu } from './menu.js';

/** At most this many environments have a button. */
const SHOWN = 4;

/**
 * @param {Project} project
 * @param {Environment} chosen
 * @param {(environment: Environment) => void} onChoose
 */
export function environmentStrip(project, chosen, onChoose) {
  const all = project.environments;
  const first = all.slice(0, all.length > SHOWN ? SHOWN - 1 : SHOWN);
  const shown = first.includes(chosen) ? first : [...first.slice(0, -1), chosen];
  const button = (/** @type {Environment} */ one) => inColorOf(h('button', {
    type: 'button', 'aria-pressed': one.id === chosen.id, 'data-focus': `environment-${one.id}`, onclick: () => onChoose(one),
  }, h('span', { class: 'env-dot', 'aria-hidden': 'true' }), one.name), one, project);
  const search = () => combobox({
    value: '', isStrict: true, options: () => all.map((one) => ({ value: one.id, text: one.name })),
    onChange: (id) => { const found = all.find((one) => one.id === id); if (found) onChoose(found); },
    input: { 'aria-label': 'Find environment', placeholder: 'Find environment' },
  });
  const more = all.length - shown.length;
  const choices = () => (all.length > 12 ? [h('div', { class: 'form' }, search())] : all.map((one) => ({ text: one.name, isChecked: one.id === chosen.id, act: () => onChoose(one) })));
  const strip = h('div', { class: 'env-strip', role: 'group', 'aria-label': 'Environment', id: 'environment' });
  show(strip, shown.map(button), menu({ class: `env-menu ${more ? '' : 'narrow'}`, 'data-label': 'Environments' }, [
    h('span', { class: 'narrow-name' }, environmentName(chosen, project)),
    more > 0 && h('span', { class: 'more-count' }, `+ ${more}`), h('span', { class: 'visually-hidden' }, ' more environments'),
  ], choices));
  return strip;
}
