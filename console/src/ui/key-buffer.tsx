import { useLayoutEffect } from 'react';

// A dialog may take a moment to come: its script may not be loaded yet, and it gets the focus after it is shown. What is
// typed meanwhile is meant for it, so it is kept until then.

/** How long keys are kept for a dialog that does not come. */
const MAX_HOLD_MS = 10_000;

/** Keys that are kept, beside printable ones. All others keep their effect. */
const NAMED_KEYS = new Set(['Enter', 'Tab', 'Backspace', 'Escape', 'ArrowDown', 'ArrowUp', 'Home', 'End']);

const holds = new Set<symbol>();
const kept: KeyboardEvent[] = [];
let isReplaying = false;

/** Keeps keys until the returned function is called. */
export function holdKeys(): () => void {
  const id = Symbol('hold');
  const release = () => {
    clearTimeout(timer);
    // The part that was loaded may hold them in turn, in the same commit.
    if (holds.delete(id)) setTimeout(replay);
  };
  const timer = setTimeout(release, MAX_HOLD_MS);
  holds.add(id);
  return release;
}

/** Keeps keys while it is rendered: the fallback of a dialog. */
export function HoldKeys(): null {
  useLayoutEffect(holdKeys, []);
  return null;
}

/** Presses the kept keys, where the focus is now. */
async function replay(): Promise<void> {
  if (isReplaying) return;
  isReplaying = true;
  while (holds.size === 0) {
    // If the dialog did not come, or was closed, the rest is not for the page.
    if (document.activeElement?.closest('[role="dialog"]') == null) kept.length = 0;
    const event = kept.shift();
    if (event === undefined) break;
    press(event);
    // What the key does is on the screen before the next one.
    await new Promise((resolve) => setTimeout(resolve));
  }
  isReplaying = false;
}

function press({ key, code, ctrlKey, metaKey, shiftKey }: KeyboardEvent): void {
  const target = document.activeElement ?? document.body;
  const init = { key, code, ctrlKey, metaKey, shiftKey, bubbles: true, cancelable: true };
  const isHandled = !target.dispatchEvent(new KeyboardEvent('keydown', init));
  if (isHandled || ctrlKey || metaKey) return;
  // A browser does this only for real keys.
  if (key === 'Tab') moveFocus(target, shiftKey ? -1 : 1);
  else if (target instanceof HTMLButtonElement) {
    if (key === 'Enter' || key === ' ') target.click();
  } else if (key === 'Enter' && target instanceof HTMLInputElement) target.form?.requestSubmit();
  else if (key === 'Backspace') document.execCommand('delete');
  else if (key.length === 1) document.execCommand('insertText', false, key);
}

function moveFocus(from: Element, step: number): void {
  const controls = 'input:not(:disabled), textarea, select, button:not(:disabled), [tabindex="0"]';
  const all = [...(from.closest('[role="dialog"]') ?? document.body).querySelectorAll<HTMLElement>(controls)];
  all[(all.indexOf(from as HTMLElement) + step + all.length) % all.length]?.focus();
}

addEventListener(
  'keydown',
  (event) => {
    if (!event.isTrusted || event.isComposing || event.altKey || (holds.size === 0 && !isReplaying)) return;
    const { key, ctrlKey, metaKey } = event;
    const isKept = ctrlKey || metaKey ? key === 'Enter' : key.length === 1 || NAMED_KEYS.has(key);
    if (!isKept) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    kept.push(event);
  },
  { capture: true },
);
