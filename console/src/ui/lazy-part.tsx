import { type ComponentType, lazy, type ReactNode, Suspense, useState } from 'react';
import { HoldKeys } from './key-buffer.tsx';

/** When parts begin to be loaded that are not yet used: the page has begun to read its data by then. */
const PRELOAD_DELAY_MS = 500;

/** A component whose script is loaded when it is shown, or before. */
export interface LazyPart<Props> {
  (props: Props): ReactNode;
  /** Loads it now, because it will be needed soon. */
  preload: () => void;
}

/**
 * A component whose script is not part of the page's: a panel, a menu. It is loaded when it is shown, or else when the page
 * is at rest.
 *
 * @param fallback what is shown until then; nothing by default.
 * @example const TaskPanel = lazyPart(() => import('./task-panel.tsx').then(({ TaskPanel }) => TaskPanel));
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback?: (props: Props) => ReactNode,
): LazyPart<Props> {
  let loaded: ComponentType<Props> | undefined;
  const loadOnce = async () => {
    loaded ??= await load();
    return { default: loaded as ComponentType<object> };
  };
  const Waiting = lazy(loadOnce);
  whenIdle(loadOnce);
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each part, outside of components
  function Part(props: Props): ReactNode {
    // React would show the fallback of a component that is already loaded, and keep it for 300 ms.
    const [Ready] = useState(() => loaded);
    if (Ready !== undefined) return <Ready {...props} />;
    return (
      <Suspense fallback={fallback?.(props)}>
        <Waiting {...props} />
      </Suspense>
    );
  }
  Part.preload = () => void loadOnce().catch(() => undefined);
  return Part;
}

/** A {@link lazyPart} that takes the focus, such as a dialog: keys that are pressed while it is loaded are for it. */
export function lazyDialog<Props extends object>(load: () => Promise<ComponentType<Props>>): LazyPart<Props> {
  return lazyPart(load, () => <HoldKeys />);
}

/** Functions whose script is not part of the page's: loaded when they are called for, or else when the page is at rest. */
export function lazyModule<Module>(load: () => Promise<Module>): () => Promise<Module> {
  whenIdle(load);
  return load;
}

const waiting: (() => Promise<unknown>)[] = [];
let isLoading = false;

/** Loads one part after the other while the page has nothing else to do. */
function whenIdle(load: () => Promise<unknown>): void {
  waiting.push(load);
  if (isLoading) return;
  isLoading = true;
  setTimeout(loadNext, PRELOAD_DELAY_MS);
}

function loadNext(): void {
  const load = waiting.shift();
  isLoading = load !== undefined;
  // If it cannot be loaded, it is tried again when it is shown.
  load?.()
    .catch(() => undefined)
    .then(() => onIdle(loadNext));
}

/** Safari has no `requestIdleCallback`. */
const onIdle: (callback: () => void) => void = globalThis.requestIdleCallback ?? ((callback) => setTimeout(callback));
