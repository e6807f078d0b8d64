// Keyboard shortcuts that work on every page.

/** Shows the sheet of shortcuts. */
export const showShortcuts = async () => { await (await import('./shortcuts.js')).showShortcuts(); };

/** @typedef {{openPalette: () => void, chooseNext: (step: number) => void}} Actions */

/** @type {Actions | null} */
let actions = null;

/**
 * Sets what the shortcuts do on the current page.
 * @type {(next: Actions) => void}
 */
export const setShortcuts = (next) => { actions = next; };

document.addEventListener('keydown', (event) => {
  if (!actions || document.querySelector('dialog[open]')) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    actions.openPalette();
    return;
  }
  const isTyping = event.target instanceof Element && event.target.closest('input, textarea, select, [role="menu"]');
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '?') showShortcuts();
  if (event.key === '[') actions.chooseNext(-1);
  if (event.key === ']') actions.chooseNext(1);
});
