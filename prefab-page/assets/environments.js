// Colours of environments: every environment has a hue of its own, and one that requires approval is red.

import { h } from './dom.js';

/** @type {Record<string, number>} */
const NAMED = { development: 250, dev: 250, staging: 305, test: 305, production: 40, prod: 40, live: 40 };
const FREE = [200, 350, 130, 90, 275, 170];

/**
 * Returns the hue of an environment, which depends on its name and on its place among the others.
 * @type {(environment: {id: string, name: string}, all: {id: string, name: string}[]) => number}
 */
export function hueOf(environment, all) {
  const named = NAMED[environment.name.toLowerCase()];
  if (named !== undefined) return named;
  const at = all.filter((one) => NAMED[one.name.toLowerCase()] === undefined).findIndex((one) => one.id === environment.id);
  return FREE[at] ?? (200 + 137.508 * at) % 360;
}

/**
 * Gives an element the colours of an environment; nothing removes them, for the default rules.
 * @template {HTMLElement} E
 * @param {E} element
 * @param {{id: string, name: string} | null | undefined} environment
 * @param {Project} project
 */
export function inColorOf(element, environment, project) {
  element.classList.add('env');
  element.classList.toggle('none', !environment);
  if (environment) element.style.setProperty('--env-h', String(hueOf(environment, project.environments)));
  return element;
}

/**
 * Returns the name of an environment with its dot.
 * @type {(environment: {id: string, name: string}, project: Project) => HTMLElement}
 */
export const environmentName = (environment, project) =>
  inColorOf(h('span', { class: 'env-name' }, h('span', { class: 'env-dot', 'aria-hidden': 'true' }), environment.name), environment, project);
