import { useLayoutEffect, useRef } from 'react';
import type { Key } from '../i18n/t.ts';
import { overlay } from './palette-state.ts';

/** What a key does. */
export interface KeyAction {
  /** `x`, `Enter`, `Shift+j`, `Mod+k` (Ctrl, or Cmd on a Mac), or a sequence such as `g t`. */
  keys: string;
  /** Its line in the list of keys. Without one, it is not listed. */
  name?: Key;
  /** Whether it only moves or selects: the palette leaves it out. */
  isMove?: boolean;
  /** Return false if there is nothing to do, so that the key has its normal effect. */
  run: (event: KeyboardEvent) => unknown;
}

/** How long the second key of a sequence may take. */
const SEQUENCE_MS = 1_000;

const IS_MAC = navigator.platform.startsWith('Mac');

/** The actions of the components on the screen. Those of the last one win. */
const layers: { current: readonly KeyAction[] }[] = [];

let prefix: { key: string; at: number } | undefined;

/**
 * Keys for as long as the component is shown. They do nothing while the focus is in a field or a dialog is open, except
 * those with `Mod`.
 */
export function useKeys(actions: readonly KeyAction[]): void {
  const layer = useRef(actions);
  layer.current = actions;
  // Before the component is seen: a key may follow at once.
  useLayoutEffect(() => {
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

/** The actions that have a name, for the list of keys. */
export function listKeys(): KeyAction[] {
  return layers.flatMap((layer) => layer.current).filter(({ name }) => name !== undefined);
}

/** A key as it is printed on the keyboard: `Ctrl K` or `⌘ K`; `g s` is one key after the other. */
export function printKeys(keys: string): string {
  return keys
    .replace('Mod', IS_MAC ? '⌘' : 'Ctrl')
    .replaceAll('+', ' ')
    .replace(/(?<!^g) [a-z]$/, (text) => text.toUpperCase());
}

addEventListener('keydown', (event) => {
  const key = describe(event);
  if (key === undefined) return;
  if (!key.startsWith('Mod+') && isBusy(event)) return;
  const isSequence = prefix !== undefined && event.timeStamp - prefix.at < SEQUENCE_MS;
  const pressed = isSequence ? `${prefix?.key} ${key}` : key;
  prefix = undefined;
  const actions = layers.toReversed().flatMap((layer) => layer.current);
  for (const action of actions.filter((one) => one.keys === pressed)) {
    if (action.run(event) === false) continue;
    event.preventDefault();
    return;
  }
  if (!isSequence && actions.some(({ keys }) => keys.startsWith(`${key} `))) prefix = { key, at: event.timeStamp };
});

/** Whether keys are text, or belong to a dialog or a menu. */
function isBusy({ target }: KeyboardEvent): boolean {
  if (overlay.get() !== undefined) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)) return true;
  if (target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit)$/.test(target.type)) return true;
  return target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null;
}

function describe({ key, ctrlKey, metaKey, altKey, shiftKey, isComposing }: KeyboardEvent): string | undefined {
  if (altKey || isComposing || ['Shift', 'Control', 'Meta'].includes(key)) return undefined;
  if (IS_MAC ? metaKey : ctrlKey) return `Mod+${shiftKey ? 'Shift+' : ''}${key.length === 1 ? key.toLowerCase() : key}`;
  if (ctrlKey || metaKey) return undefined;
  // `?` needs Shift on most keyboards, but is a key of its own here.
  if (shiftKey && (/^[A-Z]$/.test(key) || key.length > 1)) return `Shift+${key.length === 1 ? key.toLowerCase() : key}`;
  return key;
}
