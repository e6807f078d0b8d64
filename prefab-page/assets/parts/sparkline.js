// A small bar chart of the evaluations of a day.

import { h, svg } from '../dom.js';
import { number } from '../format.js';

/** @type {(counts: number[], total: number, width?: number, high?: number) => HTMLElement} */
export function sparkline(counts, total, width = 72, high = 20) {
  if (!total) return h('span', { class: 'faint small' }, '–');
  const max = Math.max(...counts);
  const step = width / counts.length;
  const bars = counts.map((count, at) => {
    const barHeight = count ? Math.max(1.5, (count / max) * high) : 0;
    return svg('rect', { x: at * step, y: high - barHeight, width: Math.max(1, step - 1), height: barHeight });
  });
  return h('span', { class: 'spark-cell' },
    svg('svg', { class: 'spark', viewBox: `0 0 ${width} ${high}`, width, height: high, 'aria-hidden': 'true' }, bars),
    h('span', { class: 'small' }, number(total), h('span', { class: 'visually-hidden' }, ' evaluations in a day')));
}
