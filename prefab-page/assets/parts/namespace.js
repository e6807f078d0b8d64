// The namespace of a rule: which services the rule is for. It is a condition of its own form.

import { h, show } from '../dom.js';

const OPERATOR = 'HIERARCHICAL_MATCH';
const PROPERTIES = ['NAMESPACE', 'prefab.namespace'];

/**
 * Returns a condition for a namespace that is still empty.
 * @type {() => Criterion}
 */
export const blankNamespace = () => ({ propertyName: PROPERTIES[0], operator: OPERATOR, valueToMatch: { type: 'string', value: '' } });

/**
 * Returns whether a condition is for a namespace.
 * @type {(criterion: Criterion) => boolean}
 */
export const isNamespace = ({ propertyName, operator, valueToMatch }) => operator === OPERATOR && PROPERTIES.includes(propertyName ?? '') && typeof (valueToMatch?.value ?? '') === 'string';

/**
 * Returns the input for the namespace.
 * @param {Criterion} criterion changed in place
 * @param {{name: string, disabled: boolean, onChange: () => void}} how
 */
export function namespaceInput(criterion, how) {
  const message = h('span', { class: 'wrong' });
  /** @type {HTMLInputElement} */
  const element = h('input', { 'aria-label': 'Namespace', value: criterion.valueToMatch?.value ?? '', disabled: how.disabled, class: 'code', spellcheck: 'false', autocomplete: 'off',
    placeholder: 'services.user_service', 'data-focus': `${how.name}-property`, oninput: () => {
      criterion.valueToMatch = { type: 'string', value: element.value.trim() };
      validate();
      how.onChange();
    } });
  const validate = () => {
    const isValid = /^[^\s.]+(\.[^\s.]+)*$/.test(element.value.trim());
    show(message, isValid ? '' : 'Expected names separated by dots, such as services.user_service.');
    if (isValid) element.removeAttribute('aria-invalid');
    else element.setAttribute('aria-invalid', 'true');
  };
  if (!element.value) validate();
  return h('span', { class: 'message-input namespace' }, h('span', { class: 'row' }, 'namespace', element, 'or below it'),
    message, h('span', { class: 'hint' }, 'For clients in this namespace. Of several, the closest namespace applies.'));
}
