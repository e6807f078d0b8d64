// Small marks: values with the block of their colour, people with their initials.

import { h } from '../dom.js';
import { value as format } from '../format.js';
import { icon } from '../icons.js';
import { murmur3 } from '../murmur3.js';

/**
 * Returns a value as a chip with its colour.
 * @type {(flat: Flat | null | undefined, colors: (text: string) => string) => HTMLElement}
 */
export function valueChip(flat, colors) {
  const text = format(flat);
  return h('span', { class: `chip value ${colors(text)}`, title: text.length > 60 ? text : null },
    h('span', { class: 'square', 'aria-hidden': 'true' }), h('span', { class: 'text' }, text.length > 120 ? `${text.slice(0, 120)}…` : text));
}

/**
 * Returns the name of an actor without the e-mail address: `Ann (ann@acme.test)` becomes `Ann`.
 * @type {(actor: string) => string}
 */
export const shortName = (actor) => actor.replace(/ \([^)]*@[^)]*\)$/, '').replace(/^([^@\s]+)@\S+$/, '$1');

/**
 * Returns the initials of an actor, or a key for a program.
 * @type {(actor: string, size?: string) => HTMLElement}
 */
export function avatar(actor, size = '') {
  const name = shortName(actor);
  if (/^(api |admin )?key\b|^token\b|^command/i.test(actor)) return h('span', { class: `avatar key ${size}`, 'aria-hidden': 'true' }, icon('key'));
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const initials = (words.length > 1 ? words[0][0] + words.at(-1)?.[0] : name.slice(0, 2)).toUpperCase();
  const mark = h('span', { class: `avatar ${size}`, 'aria-hidden': 'true' }, initials);
  mark.style.setProperty('--h', String(murmur3(name.toLowerCase()) % 360));
  return mark;
}
