import { type ComponentType, useSyncExternalStore } from 'react';

// A modal dialog hides everything that is not inside of it from the keyboard and from screen readers. So a dialog that can
// open over any other is rendered inside of the one that is open.

let Content: ComponentType | undefined;
let windows: readonly symbol[] = [];
const listeners = new Set<() => void>();

function setWindows(next: readonly symbol[]): void {
  windows = next;
  for (const listener of listeners) listener();
}

/** Sets what renders the dialogs that can open over any other. Once, at start. */
export function setTopDialogs(component: ComponentType): void {
  Content = component;
}

/** Adds an open dialog. Returns a function that removes it. */
export function addWindow(id: symbol): () => void {
  setWindows([...windows, id]);
  return () => setWindows(windows.filter((one) => one !== id));
}

/** Renders the top dialogs if this window is the last that was opened; without one, if there is none. */
export function TopDialogs({ inside }: { inside?: symbol }) {
  const last = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => windows.at(-1),
  );
  return Content !== undefined && last === inside ? <Content /> : null;
}
