// Icons, drawn on a grid of 16 with lines of 1.5. Text next to them gives the meaning, so screen readers skip them.

import { svg } from './dom.js';

/**
 * Paths by name.
 * @type {Record<string, string>}
 */
const PATHS = {
  overview: 'M2.5 2.5h4.5v6H2.5zM9 2.5h4.5v3.5H9zM9 8h4.5v5.5H9zM2.5 10.5h4.5v3H2.5z',
  inbox: 'M2.5 9.5 4.3 3.5h7.4l1.8 6v3.5h-11zM2.5 9.5h3.2l.8 1.5h3l.8-1.5h3.2',
  flag: 'M3.5 14V2.5M3.5 3h8.5l-2 3 2 3H3.5',
  config: 'M2 4.5h5.5M11 4.5h3M2 11.5h3M8.5 11.5H14M9.25 2.75a1.75 1.75 0 1 1 0 3.5 1.75 1.75 0 0 1 0-3.5M6.75 9.75a1.75 1.75 0 1 1 0 3.5 1.75 1.75 0 0 1 0-3.5',
  segment: 'M6 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8M10 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8',
  lock: 'M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  braces: 'M6 2.5H5A1.5 1.5 0 0 0 3.5 4v2.5L2 8l1.5 1.5V12A1.5 1.5 0 0 0 5 13.5h1M10 2.5h1A1.5 1.5 0 0 1 12.5 4v2.5L14 8l-1.5 1.5V12a1.5 1.5 0 0 1-1.5 1.5h-1',
  levels: 'M3 13.5v-3M6.3 13.5V8M9.7 13.5V5.5M13 13.5v-11',
  chart: 'M2.5 2.5v11h11M5 10l2.5-3.5 2 2L13 4',
  contact: 'M2 3.5h12v9H2zM5.75 6a1.25 1.25 0 1 1 0 2.5 1.25 1.25 0 0 1 0-2.5M3.8 10.8c.5-1.3 3.4-1.3 3.9 0M10 6.5h2M10 9h2',
  flask: 'M6 2.5h4M6.5 2.5V7L3 13.5h10L9.5 7V2.5M4.7 10.5h6.6',
  server: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
  clock: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M8 4.5V8l2.5 1.5',
  archive: 'M2 3h12v3H2zM3 6v7.5h10V6M6.5 8.5h3',
  layers: 'm8 2 6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3',
  people: 'M6 3a2.25 2.25 0 1 1 0 4.5A2.25 2.25 0 0 1 6 3M1.8 13c.2-4 8.2-4 8.4 0M10.5 3.3a2.25 2.25 0 0 1 0 4M12 9.3c1.4.5 2.2 1.7 2.3 3.7',
  key: 'M5 8a3 3 0 1 1 0 6 3 3 0 0 1 0-6M7.2 8.8 13.5 2.5M10.5 5.5l2 2',
  transfer: 'M5 13V3M5 3 2.5 5.5M5 3l2.5 2.5M11 3v10M11 13l-2.5-2.5M11 13l2.5-2.5',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.3 10.3 14 14',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'm3 8.5 3.5 3.5L13 4.5',
  close: 'm4 4 8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  right: 'm6 4 4 4-4 4',
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  filter: 'M2.5 4h11M4.5 8h7M6.5 12h3',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  warning: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 12h.01',
  info: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M8 7.5V11M8 5.2h.01',
  theme: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M8 2v12M8 5h2.5M8 8h4M8 11h2.5',
  help: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M6.3 6.3a1.7 1.7 0 1 1 2.5 1.5c-.5.3-.8.6-.8 1.2M8 11.2h.01',
  grip: 'M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01',
  external: 'M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3 7.5 8.5',
  undo: 'M5.5 3 2.5 6l3 3M2.5 6h6.5a3.5 3.5 0 0 1 0 7H6',
  code: 'M5 4.5 1.5 8 5 11.5M11 4.5 14.5 8 11 11.5M9.5 3l-3 10',
  tag: 'M2.5 2.5h5l6 6-5 5-6-6zM5.5 5.5h.01',
  pencil: 'm3 13 .6-2.8 7.2-7.2 2.2 2.2-7.2 7.2zM9.3 4.5l2.2 2.2',
  power: 'M8 2v5.5M4.8 4a5.2 5.2 0 1 0 6.4 0',
  star: 'm8 2 1.9 3.9 4.2.6-3 3 .7 4.3L8 11.8l-3.8 2 .7-4.3-3-3 4.2-.6z',
};

/** Names of all icons. */
export const ICONS = Object.keys(PATHS);

/** @type {(name: string) => SVGElement} */
export const icon = (name) => svg('svg', { class: 'i', viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] ?? '' }));
