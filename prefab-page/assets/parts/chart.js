// Evaluations over time, with one colour per value, and the same numbers as a table.

import * as api from '../api.js';
import { h, show, svg, table, update } from '../dom.js';
import { valueColors } from '../colors.js';
import { number, percent } from '../format.js';
import { select } from './value.js';

const SPANS = [['24', 'Last 24 hours'], ['168', 'Last 7 days'], ['720', 'Last 30 days']];

/**
 * Formats a value in datafile form: `{"bool": true}` becomes `true`.
 *
 * @type {(value: Json) => string}
 */
export function format(value) {
  if (value === null || value === undefined) return 'unknown';
  const inner = typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 1 ? Object.values(value)[0] : value;
  const text = inner?.values ?? inner;
  return typeof text === 'object' ? JSON.stringify(text) : String(text);
}

/**
 * Adds up the evaluations of each value over all versions.
 *
 * @type {(counts: ValueCount[]) => Map<string, number>}
 */
const sums = (counts) => counts.reduce((all, { value, count }) => all.set(format(value), (all.get(format(value)) ?? 0) + count), new Map());

/**
 * Draws the evaluations of a key, or of all keys.
 * @type {(main: HTMLElement, page: PageContext, key: string) => Promise<void>}
 */
export async function evaluations(main, page, key) {
  let hours = '24';
  const place = h('div', { class: 'stack' });
  const draw = async () => {
    const to = Date.now();
    /** @type {Evaluations} */
    const response = await api.get(page.api('evaluations') + api.query({ key, from: to - Number(hours) * 36e5, to, by: hours === '24' ? 'hour' : hours === '168' ? 'hour' : 'day' }));
    const length = hours === '720' ? 864e5 : 36e5;
    if (!response.total) return update(place, h('section', { class: 'empty' }, h('h2', null, 'No evaluations in this period'), h('p', null, 'SDKs report evaluation counts every few seconds. They appear here.')));
    const colors = valueColors(response.environments.flatMap((one) => [...sums(one.counts).keys()]));
    update(place, byChosen(response.environments, page.environment).map((one) => environment(one, response, length, colors)));
  };
  show(main, h('div', { class: 'row' }, select(SPANS, hours, (next) => { hours = next; draw(); }, false, { 'aria-label': 'Time' })), place);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  page.listen((name, data) => {
    if (name === 'evaluations' && (!key || data.keys.includes(key))) timer ??= setTimeout(() => { timer = undefined; draw(); }, 2000);
  });
  page.onLeave(() => clearTimeout(timer));
  await draw();
}

/**
 * Puts the chosen environment first.
 * @type {(all: EnvironmentCounts[], chosen: Environment) => EnvironmentCounts[]}
 */
const byChosen = (all, chosen) => [...all].sort((left, right) => Number(right.id === chosen.id) - Number(left.id === chosen.id));

/** @type {(one: EnvironmentCounts, response: Evaluations, length: number, colors: (text: string) => string) => HTMLElement} */
function environment(one, response, length, colors) {
  const { start, end } = response;
  const values = sums(one.counts);
  const count = (/** @type {string} */ name) => values.get(name) ?? 0;
  const names = [...values.keys()].sort((left, right) => count(right) - count(left));
  return h('section', { class: 'card' }, h('div', { class: 'row ends' }, h('h2', null, one.name), h('span', { class: 'faint' }, `${number(one.total)} evaluations`)),
    chart(one.buckets, names, start, end, length, one.name, colors),
    response.key && h('div', { class: 'scroll' }, table(null, h('thead', null, h('tr', null, h('th', null, 'Value'), h('th', { class: 'number' }, 'Count'), h('th', { class: 'number' }, 'Share'))),
      h('tbody', null, names.map((name) => h('tr', null, h('td', null, h('span', null, h('span', { class: `swatch inline ${colors(name)}`, 'aria-hidden': 'true' }), h('span', { class: 'code' }, name))),
        h('td', { class: 'number' }, number(count(name))), h('td', { class: 'number' }, percent(count(name) / one.total))))))));
}

/** Intervals between the gridlines. */
const GRID = 4;
const [WIDTH, HEIGHT] = [720, 160];

/** @type {(buckets: Bucket[], names: string[], start: number, end: number, length: number, title: string, colors: (text: string) => string) => HTMLElement} */
function chart(buckets, names, start, end, length, title, colors) {
  const origin = Math.floor(start / length) * length;
  const places = Math.max(1, Math.ceil((end - origin) / length));
  const max = Math.max(...buckets.map((bucket) => bucket.total), 1);
  const top = niceMax(max);
  const step = WIDTH / places;
  const isByValue = names.length > 1 || names[0] !== 'unknown';
  const bars = buckets.map((bucket) => {
    let y = HEIGHT;
    const at = Math.floor((bucket.at - origin) / length);
    const counts = sums(bucket.counts);
    const parts = names.filter((name) => counts.get(name)).map((name) => {
      const barHeight = ((counts.get(name) ?? 0) / top) * HEIGHT;
      y -= barHeight;
      return svg('rect', { x: at * step + 0.5, y, width: Math.max(1, step - 1), height: barHeight, class: isByValue ? colors(name) : 'v-all' });
    });
    const values = names.length === 1 ? bucket.total : [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
    return svg('g', null, svg('title', null, `${new Date(bucket.at).toLocaleString()}: ${values}`), parts);
  });
  const levels = Array.from({ length: GRID + 1 }, (_, at) => (top * at) / GRID);
  const lines = levels.map((level) => {
    const y = HEIGHT - (level / top) * HEIGHT;
    return svg('line', { x1: 0, x2: WIDTH, y1: y, y2: y, class: 'axis', 'vector-effect': 'non-scaling-stroke' });
  });
  const times = Array.from({ length: GRID + 1 }, (_, at) => origin + ((end - origin) * at) / GRID);
  return h('figure', { class: 'plot' },
    h('div', { class: 'ticks', 'aria-hidden': 'true' }, levels.toReversed().map((level) => h('span', null, number(level)))),
    svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img',
      'aria-label': `Evaluations in ${title} over time, at most ${number(max)} per interval` }, lines, bars),
    h('figcaption', null, times.map((time) => h('span', null, timeLabel(time, end - origin)))));
}

/**
 * Returns the smallest of 4, 8, 20, 40, 80 and so on that is at least `max`, so that the gridlines are whole numbers.
 * @type {(max: number) => number}
 */
function niceMax(max) {
  for (let unit = 1; ; unit *= 10) {
    const found = [4, 8, 12, 20, 28].map((one) => one * unit).find((one) => one >= max);
    if (found) return found;
  }
}

/** @type {(time: number, span: number) => string} */
const timeLabel = (time, span) => new Date(time).toLocaleString([], span <= 2 * 864e5 ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' });
