// Values shared out by percentage: one bar with handles, which always sums to 100, and a number for each.

import { h, show } from '../dom.js';
import { choose } from '../murmur3.js';
import { value as say } from '../format.js';
import { blank, valueInput } from './value.js';

/**
 * @param {Shared} flat changed in place
 * @param {RulesOptions} how
 */
export function rolloutInput(flat, { key, kind, variants, properties, examples, onChange, disabled, check }) {
  const box = h('div', { class: 'percent' });
  const before = flat.value.map((one) => one.weight);
  const property = flat.hashByPropertyName;
  const sum = () => flat.value.reduce((total, one) => total + one.weight, 0);
  // Whatever the weights came to, from the first change on they come to 100, or to 1000 for tenths.
  const scale = () => {
    const total = sum();
    if (total === 100 || total === 1000) return total;
    const parts = flat.value.map((one) => (total ? Math.round((one.weight / total) * 100) : Math.floor(100 / flat.value.length)));
    parts[parts.length - 1] += 100 - parts.reduce((all, part) => all + part, 0);
    flat.value.forEach((one, at) => { one.weight = parts[at]; });
    return 100;
  };
  /** @type {(weight: number) => number} */
  const shown = (weight) => Math.round((weight / (sum() || 1)) * 1000) / 10;

  /**
   * Moves the border behind a value.
   * @type {(at: number, change: number) => void}
   */
  function moveBorder(at, change) {
    scale();
    const [left, right] = [flat.value[at], flat.value[at + 1]];
    const moved = Math.max(-left.weight, Math.min(right.weight, change));
    left.weight += moved;
    right.weight -= moved;
    onChange();
    paint();
  }
  /**
   * Gives a value its share; the others keep their proportions.
   * @type {(at: number, percent: number) => void}
   */
  function setShare(at, percent) {
    const total = scale();
    const wanted = Math.max(0, Math.min(total, Math.round((percent / 100) * total)));
    const others = flat.value.filter((_, index) => index !== at);
    const rest = others.reduce((all, one) => all + one.weight, 0);
    let left = total - wanted;
    others.forEach((one, index) => {
      one.weight = index === others.length - 1 ? left : rest ? Math.round((one.weight / rest) * (total - wanted)) : 0;
      left -= one.weight;
    });
    flat.value[at].weight = others.length ? wanted : total;
    onChange();
    paint(at);
  }

  const bar = h('div', { class: 'bar' });
  const moved = h('p', { class: 'hint', role: 'status' });
  const list = h('ul', { class: 'shares' });

  function paint(typing = -1) {
    let edge = 0;
    show(bar, flat.value.map((one, at) => {
      const part = h('span', { class: `part c${at % 6}` }, h('span', null, `${shown(one.weight)}%`));
      part.style.width = `${shown(one.weight)}%`;
      return part;
    }), !disabled && flat.value.slice(0, -1).map((one, at) => {
      edge += shown(one.weight);
      return handle(at, edge);
    }));
    list.querySelectorAll('input.share').forEach((input, at) => { if (at !== typing) /** @type {HTMLInputElement} */ (input).value = String(shown(flat.value[at].weight)); });
    show(moved, change());
  }

  /** @type {(at: number, edge: number) => HTMLElement} */
  function handle(at, edge) {
    const grip = h('span', { class: 'handle', role: 'slider', tabindex: 0, 'data-focus': `handle-${at}`, 'aria-label': `Boundary between ${say(flat.value[at].value)} and ${say(flat.value[at + 1].value)}`,
      'aria-valuemin': 0, 'aria-valuemax': 100, 'aria-valuenow': edge, 'aria-valuetext': `${edge}%`,
      onkeydown: (event) => {
        const step = new Map([['ArrowLeft', -1], ['ArrowRight', 1], ['PageDown', -10], ['PageUp', 10], ['Home', -1e6], ['End', 1e6]]).get(event.key);
        if (!step) return;
        event.preventDefault();
        moveBorder(at, step);
      },
      onpointerdown: (event) => {
        event.preventDefault();
        const total = scale();
        const follow = (/** @type {PointerEvent} */ moving) => {
          const { left, width } = bar.getBoundingClientRect();
          const wanted = Math.round(Math.max(0, Math.min(1, (moving.clientX - left) / width)) * total);
          const now = flat.value.slice(0, at + 1).reduce((all, one) => all + one.weight, 0);
          if (wanted !== now) moveBorder(at, wanted - now);
        };
        const stop = () => { removeEventListener('pointermove', follow); removeEventListener('pointerup', stop); };
        addEventListener('pointermove', follow);
        addEventListener('pointerup', stop);
      } });
    grip.style.left = `${edge}%`;
    return grip;
  }

  /** Says how many of those who were seen lately get another value than before. */
  function change() {
    const [context, name] = (flat.hashByPropertyName ?? '').split(/\.(.*)/s);
    const seen = [...new Set((examples ?? []).map((one) => one.contexts?.[context]?.[name]).filter((one) => one !== undefined && one !== null).map(String))];
    if (!flat.hashByPropertyName) return 'Without a property, every evaluation picks a random value.';
    if (!seen.length) return 'No recent users to preview with.';
    const now = flat.value.map((one) => one.weight);
    const gets = flat.value.map((_, at) => seen.filter((one) => choose(key, one, now) === at).length);
    const said = flat.value.map((one, at) => `${gets[at]} get ${say(one.value)}`).join(', ');
    if (flat.hashByPropertyName !== property || before.length !== now.length) return `Of ${seen.length} seen lately, ${said}.`;
    const others = seen.filter((one) => choose(key, one, before) !== choose(key, one, now)).length;
    return `Of ${seen.length} seen lately, ${said}; ${others} of them get another value than before.`;
  }

  function draw() {
    show(list, flat.value.map((one, at) => {
      const number = h('input', { class: 'share', inputmode: 'decimal', 'aria-label': `Percent for ${say(one.value)}`, value: shown(one.weight), disabled,
        oninput: (event) => { const typed = Number(event.target.value); if (event.target.value.trim() && Number.isFinite(typed)) setShare(at, typed); } });
      return h('li', { class: 'row bottom' }, h('span', { class: `swatch c${at % 6}`, 'aria-hidden': 'true' }),
        h('span', { class: 'share-of' }, number, '%'), h('span', { class: 'share-value' }, valueInput(one.value, { label: `Value ${at + 1}`, variants, disabled, check, onChange: () => { onChange(); paint(); } })),
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
    } }, 'Add value')), moved);
}
