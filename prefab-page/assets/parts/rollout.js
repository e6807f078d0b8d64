// A percentage rollout: a bar with handles and a number for each value. The parts always add up to 100%.

import { h, show } from '../dom.js';
import { choose } from '../murmur3.js';
import { value as describe } from '../format.js';
import { valueColors } from '../colors.js';
import { blank, valueInput } from './value.js';

/**
 * @param {Shared} flat changed in place
 * @param {RulesOptions & {before?: Flat, isConditional?: boolean}} how `before` is the published value of the rule
 */
export function rolloutInput(flat, { key, kind, variants, properties, examples, onChange, disabled, check, before, isConditional }) {
  const box = h('div', { class: 'percent' });
  const colors = valueColors([...variants, ...flat.value.map((one) => one.value)]);
  const sum = () => flat.value.reduce((total, one) => total + one.weight, 0);
  // From the first change on, the weights add up to 100, or to 1000 for tenths of a percent.
  const scale = () => {
    const total = sum();
    if (total === 100 || total === 1000) return total;
    const parts = flat.value.map((one) => (total ? Math.round((one.weight / total) * 100) : Math.floor(100 / flat.value.length)));
    parts[parts.length - 1] += 100 - parts.reduce((all, part) => all + part, 0);
    flat.value.forEach((one, at) => { one.weight = parts[at]; });
    return 100;
  };
  /** @type {(weight: number) => number} */
  const percentOf = (weight) => Math.round((weight / (sum() || 1)) * 1000) / 10;

  /**
   * Moves the boundary after a value.
   * @type {(at: number, change: number) => void}
   */
  function moveBoundary(at, change) {
    scale();
    const [left, right] = [flat.value[at], flat.value[at + 1]];
    const moved = Math.max(-left.weight, Math.min(right.weight, change));
    left.weight += moved;
    right.weight -= moved;
    onChange();
    paint();
  }
  /**
   * Sets the share of a value. The other values keep their proportions.
   * @type {(at: number, percent: number) => void}
   */
  function setShare(at, percent) {
    const total = scale();
    const target = Math.max(0, Math.min(total, Math.round((percent / 100) * total)));
    const others = flat.value.filter((_, index) => index !== at);
    const rest = others.reduce((all, one) => all + one.weight, 0);
    let left = total - target;
    others.forEach((one, index) => {
      one.weight = index === others.length - 1 ? left : rest ? Math.round((one.weight / rest) * (total - target)) : 0;
      left -= one.weight;
    });
    flat.value[at].weight = others.length ? target : total;
    onChange();
    paint(at);
  }

  const colorOf = (/** @type {Flat} */ value) => colors(describe(value));
  const bar = h('div', { class: 'bar' });
  const previewText = h('p', { class: 'preview', role: 'status' });
  const list = h('ul', { class: 'shares' });

  function paint(typing = -1) {
    let edge = 0;
    show(bar, flat.value.map((one, at) => {
      const part = h('span', { class: `part ${colorOf(one.value)}` }, h('span', null, `${percentOf(one.weight)}%`));
      part.style.width = `${percentOf(one.weight)}%`;
      return part;
    }), !disabled && flat.value.slice(0, -1).map((one, at) => {
      edge += percentOf(one.weight);
      return handle(at, edge);
    }));
    list.querySelectorAll('input.share').forEach((input, at) => { if (at !== typing) /** @type {HTMLInputElement} */ (input).value = String(percentOf(flat.value[at].weight)); });
    show(previewText, preview());
  }

  /** @type {(at: number, edge: number) => HTMLElement} */
  function handle(at, edge) {
    const grip = h('span', { class: 'handle', role: 'slider', tabindex: 0, 'data-focus': `handle-${at}`, 'aria-label': `Boundary between ${describe(flat.value[at].value)} and ${describe(flat.value[at + 1].value)}`,
      'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': edge, 'aria-valuetext': `${edge}%`,
      onkeydown: (event) => {
        const step = new Map([['ArrowLeft', -1], ['ArrowRight', 1], ['PageDown', -10], ['PageUp', 10], ['Home', -1e6], ['End', 1e6]]).get(event.key);
        if (!step) return;
        event.preventDefault();
        moveBoundary(at, step);
      },
      onpointerdown: (event) => {
        event.preventDefault();
        const total = scale();
        const follow = (/** @type {PointerEvent} */ moving) => {
          const { left, width } = bar.getBoundingClientRect();
          const target = Math.round(Math.max(0, Math.min(1, (moving.clientX - left) / width)) * total);
          const now = flat.value.slice(0, at + 1).reduce((all, one) => all + one.weight, 0);
          if (target !== now) moveBoundary(at, target - now);
        };
        const stop = () => { removeEventListener('pointermove', follow); removeEventListener('pointerup', stop); };
        addEventListener('pointermove', follow);
        addEventListener('pointerup', stop);
      } });
    grip.style.left = `${edge}%`;
    return grip;
  }

  /** Returns what recent users get, and how many of them get another value than published. */
  function preview() {
    const property = flat.hashByPropertyName;
    if (!property) return 'Without a property, every evaluation picks a random value.';
    const [context, name] = property.split(/\.(.*)/s);
    const seen = examples.map((one) => one.contexts?.[context]?.[name]).filter((one) => one !== undefined && one !== null);
    const users = [...new Set(seen.map(String))];
    if (!users.length) return 'No recent users to preview with.';
    const counts = flat.value.map((_, at) => users.filter((user) => bucketOf(user) === at).length);
    const parts = flat.value.map((one, at) => `${counts[at]} get ${describe(one.value)}`).join(', ');
    const text = `${isConditional ? 'If this rule matches, of' : 'Of'} ${users.length} recent users: ${parts}.`;
    const known = before && (before.type !== 'weighted_values' || before.hashByPropertyName === property);
    if (!known) return text;
    const changed = users.filter((user) => describe(flat.value[bucketOf(user)].value) !== publishedFor(before, user)).length;
    return `${text} ${changed} would see a different value than now.`;
  }
  const bucketOf = (/** @type {string} */ user) => choose(key, user, flat.value.map((one) => one.weight));
  /** @type {(published: Flat, user: string) => string} */
  function publishedFor(published, user) {
    if (published.type !== 'weighted_values') return describe(published);
    /** @type {Weighted[]} */
    const parts = published.value;
    return describe(parts[choose(key, user, parts.map((one) => one.weight))].value);
  }

  function draw() {
    show(list, flat.value.map((one, at) => {
      const number = h('input', { class: 'share', 'data-focus': `share-${at}`, inputmode: 'decimal', 'aria-label': `Percent for ${describe(one.value)}`, value: percentOf(one.weight), disabled,
        oninput: (event) => { const typed = Number(event.target.value); if (event.target.value.trim() && Number.isFinite(typed)) setShare(at, typed); } });
      return h('li', { class: 'row bottom' }, h('span', { class: `swatch ${colorOf(one.value)}`, 'aria-hidden': 'true' }),
        h('span', { class: 'share-of' }, number, '%'), h('span', { class: 'share-value' }, valueInput(one.value, { label: `Value ${at + 1}`, kind, variants, disabled, check, onChange: () => { onChange(); paint(); } })),
        !disabled && flat.value.length > 2 && h('button', { type: 'button', class: 'quiet icon', 'aria-label': `Remove value ${at + 1}`, onclick: () => {
          setShare(at, 0);
          flat.value.splice(at, 1);
          onChange();
          draw();
        } }, '×'));
    }));
    paint();
  }

  const by = h('input', { class: 'code', value: flat.hashByPropertyName ?? '', 'aria-label': 'Bucket by', list: 'bucket-properties', disabled, autocomplete: 'off',
    oninput: (event) => {
      flat.hashByPropertyName = event.target.value.trim() || undefined;
      onChange();
      paint();
    } });
  draw();
  return show(box, bar, list, h('div', { class: 'row' }, h('span', { class: 'small' }, 'Bucket by'), h('span', { class: 'by' }, by), h('datalist', { id: 'bucket-properties' }, properties.map((name) => h('option', { value: name }))),
    !disabled && h('button', { type: 'button', class: 'quiet', onclick: () => {
      flat.value.push({ weight: 0, value: blank(flat.value[0]?.value.type ?? kind) });
      onChange();
      draw();
    } }, 'Add value')), previewText);
}
