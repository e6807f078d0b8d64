// Evaluations over time, with one colour per value, and the same numbers as a table.

import * as api from '../api.js';
import { h, show, svg, table, update, withCode } from '../dom.js';
import { valueColors } from '../colors.js';
import { environmentName } from '../environments.js';
import { inWords, number, percent } from '../format.js';
import { shortName } from './badges.js';

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
export const sums = (counts) => counts.reduce((all, { value, count }) => all.set(format(value), (all.get(format(value)) ?? 0) + count), new Map());

/**
 * Draws the evaluations of a key, or of all keys.
 * @type {(main: HTMLElement, page: PageContext, key: string) => Promise<void>}
 */
export async function evaluations(main, page, key) {
  let hours = '24';
  const place = h('div', { class: 'stack' });
  /** @type {Version[]} */
  const versions = key ? await api.get(page.api('items', key, 'versions')) : [];
  const draw = async () => {
    const to = Date.now();
    const by = hours === '720' ? 'day' : 'hour';
    /** @type {Evaluations} */
    const response = await api.get(page.api('evaluations') + api.query({ key, from: to - Number(hours) * 36e5, to, by }));
    const length = by === 'day' ? 864e5 : 36e5;
    if (!response.total) return update(place, empty());
    const colors = valueColors(response.environments.flatMap((one) => [...sums(one.counts).keys()]));
    show(place, byChosen(response.environments, page.environment).map((one) => environment(one, response, length, colors, page.project, versions)));
  };
  const spans = h('div', { class: 'group', role: 'group', 'aria-label': 'Time' });
  const drawSpans = () => update(spans, SPANS.map(([value, text]) => h('button', { type: 'button', 'aria-pressed': value === hours, 'data-key': value, onclick: () => {
    hours = value;
    drawSpans();
    draw();
  } }, text)));
  drawSpans();
  show(main, h('div', { class: 'row' }, spans), place);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  page.listen((name, data) => {
    if (name === 'evaluations' && (!key || data.keys.includes(key))) timer ??= setTimeout(() => { timer = undefined; if (!place.contains(document.activeElement) && !place.querySelector('.readout:not(:empty)')) draw(); }, 2000);
  });
  page.onLeave(() => clearTimeout(timer));
  await draw();
}

const empty = () => h('section', { class: 'empty' }, h('h2', null, 'No evaluations in this period'),
  h('p', null, 'SDKs report evaluation counts every few seconds. They appear here.'));

/**
 * Puts the chosen environment first.
 * @type {(all: EnvironmentCounts[], chosen: Environment) => EnvironmentCounts[]}
 */
const byChosen = (all, chosen) => [...all].sort((left, right) => Number(right.id === chosen.id) - Number(left.id === chosen.id));

/** @type {(one: EnvironmentCounts, response: Evaluations, length: number, colors: (text: string) => string, project: Project, versions: Version[]) => HTMLElement} */
function environment(one, response, length, colors, project, versions) {
  const { start, end } = response;
  const values = sums(one.counts);
  const count = (/** @type {string} */ name) => values.get(name) ?? 0;
  const names = [...values.keys()].sort((left, right) => count(right) - count(left));
  const changes = versions.filter((version) => version.changedAt >= start && version.changedAt <= end).reverse();
  const head = h('thead', null, h('tr', null, h('th', null, 'Value'), h('th', { class: 'number' }, 'Count'), h('th', { class: 'number' }, 'Share')));
  const rows = names.map((name) => h('tr', null,
    h('td', null, h('span', { class: 'row' }, h('span', { class: `swatch square ${colors(name)}`, 'aria-hidden': 'true' }), h('span', { class: 'code' }, name))),
    h('td', { class: 'number' }, number(count(name))), h('td', { class: 'number' }, percent(count(name) / one.total))));
  return h('section', { class: 'card' },
    h('div', { class: 'row ends' }, h('h2', null, environmentName(one, project)), h('span', { class: 'faint' }, `${number(one.total)} evaluations`)),
    chart(one.buckets, names, start, end, length, one.name, colors, { changes }),
    changes.length > 0 && h('ol', { class: 'changes' }, changes.map((change) => h('li', null, h('span', { class: 'text' }, withCode(inWords(change.comment ?? change.sentence ?? 'Changed'))),
      h('span', { class: 'faint' }, ` ${shortName(change.changedBy)}, ${new Date(change.changedAt).toLocaleString()}`)))),
    response.key && h('div', { class: 'scroll' }, table(null, head, h('tbody', null, rows))));
}

/** Intervals between the gridlines. */
const GRID = 4;
const WIDTH = 720;

/**
 * Draws stacked bars over time, with gridlines, a read-out, and numbered lines for changes. Arrow keys move the read-out.
 * @type {(buckets: Bucket[], names: string[], start: number, end: number, length: number, title: string, colors: (text: string) => string, how?: {height?: number, isSmall?: boolean, changes?: Version[]}) => HTMLElement}
 */
export function chart(buckets, names, start, end, length, title, colors, { height = 180, isSmall = false, changes = [] } = {}) {
  const origin = Math.floor(start / length) * length;
  const places = Math.max(1, Math.ceil((end - origin) / length));
  const max = Math.max(...buckets.map((bucket) => bucket.total), 1);
  const top = niceMax(max);
  const step = WIDTH / places;
  const isByValue = names.length > 1 || names[0] !== 'unknown';
  /** @type {Map<number, Bucket>} */
  const byPlace = new Map(buckets.map((bucket) => [Math.floor((bucket.at - origin) / length), bucket]));
  const bars = [...byPlace].map(([at, bucket]) => {
    let y = height;
    const counts = sums(bucket.counts);
    return svg('g', null, names.filter((name) => counts.get(name)).map((name) => {
      const part = ((counts.get(name) ?? 0) / top) * height;
      y -= part;
      return svg('rect', { x: at * step + 0.5, y, width: Math.max(1, step - 1), height: Math.max(0, part - 0.5), class: isByValue ? colors(name) : 'v-all' });
    }));
  });
  const levels = Array.from({ length: (isSmall ? 2 : GRID) + 1 }, (_, at) => (top * at) / (isSmall ? 2 : GRID));
  const lines = levels.map((level) => {
    const y = height - (level / top) * height;
    return svg('line', { x1: 0, x2: WIDTH, y1: y, y2: y, class: 'axis', 'vector-effect': 'non-scaling-stroke' });
  });
  const xOf = (/** @type {number} */ time) => ((time - origin) / (places * length)) * WIDTH;
  const marks = changes.map((change) => svg('line', { x1: xOf(change.changedAt), x2: xOf(change.changedAt), y1: 0, y2: height, class: 'change', 'vector-effect': 'non-scaling-stroke' }));
  const cursor = svg('rect', { class: 'cursor', y: 0, width: step, height, visibility: 'hidden' });
  const readout = h('div', { class: 'readout', 'aria-hidden': 'true' });
  const drawing = svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' }, lines, cursor, bars, marks);
  drawing.style.height = `${height}px`;

  let chosen = -1;
  /** @type {(at: number) => void} */
  function point(at) {
    chosen = at;
    const bucket = byPlace.get(at);
    cursor.setAttribute('x', String(at * step));
    cursor.setAttribute('visibility', at < 0 ? 'hidden' : 'visible');
    if (at < 0) {
      show(readout);
      return;
    }
    const counts = bucket ? sums(bucket.counts) : new Map();
    const time = new Date(origin + at * length).toLocaleString([], length < 864e5 ? { weekday: 'short', hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' });
    area.setAttribute('aria-valuenow', String(at));
    area.setAttribute('aria-valuetext', `${time}: ${names.map((name) => `${name} ${counts.get(name) ?? 0}`).join(', ')}`);
    show(readout, h('strong', null, time), h('span', null, `${number(bucket?.total ?? 0)} in total`), isByValue && names.filter((name) => counts.get(name)).slice(0, 8).map((name) => h('span', { class: 'row' },
      h('span', { class: `square ${colors(name)}` }), h('span', { class: 'code' }, name.length > 24 ? `${name.slice(0, 23)}…` : name), h('span', { class: 'spacer' }), number(counts.get(name) ?? 0))));
    readout.style.left = `${Math.min(100, ((at + 0.5) / places) * 100)}%`;
    readout.classList.toggle('end', at > places / 2);
  }
  const area = h('div', {
    class: 'plot-area', role: 'slider', tabindex: 0, 'aria-label': `Evaluations in ${title} over time, at most ${number(max)} per interval`,
    'aria-valuemin': 0, 'aria-valuemax': places - 1, 'aria-valuenow': places - 1, 'aria-valuetext': `${number(buckets.at(-1)?.total ?? 0)} in the last interval`,
    onpointermove: (event) => {
      const { left, width } = area.getBoundingClientRect();
      point(Math.max(0, Math.min(places - 1, Math.floor(((event.clientX - left) / width) * places))));
    },
    onpointerleave: () => point(-1),
    onblur: () => point(-1),
    onkeydown: (event) => {
      const next = new Map([['ArrowLeft', (chosen < 0 ? places : chosen) - 1], ['ArrowRight', chosen + 1], ['Home', 0], ['End', places - 1]]).get(event.key);
      if (next === undefined) return;
      event.preventDefault();
      point(Math.max(0, Math.min(places - 1, next)));
    },
  }, drawing, changes.map((change, at) => {
    const mark = h('span', { class: 'mark', 'aria-hidden': 'true' }, at + 1);
    mark.style.left = `${(xOf(change.changedAt) / WIDTH) * 100}%`;
    return mark;
  }), readout);
  const count = isSmall ? 1 : GRID;
  const times = Array.from({ length: count + 1 }, (_, at) => origin + ((end - origin) * at) / count);
  return h('figure', { class: `plot ${isSmall ? 'small-plot' : ''}` },
    h('div', { class: 'ticks', 'aria-hidden': 'true' }, levels.toReversed().map((level) => h('span', null, number(level)))), area,
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
