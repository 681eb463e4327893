import { type ComponentType, lazy, type ReactNode, Suspense, useEffect } from 'react';

/** When parts are loaded that are not yet used: the page is complete and at rest by then. */
const PRELOAD_DELAY_MS = 3_000;

let loading = 0;

/** Whether a part that was asked for is still being loaded: keys do nothing until it has come. */
export function isPartLoading(): boolean {
  return loading > 0;
}

/**
 * A component whose script is not part of the page's: a dialog, a panel. It is loaded when it is shown, or else a few
 * seconds after the page.
 *
 * @example const TaskForm = lazyPart(() => import('./task-form.tsx').then(({ TaskForm }) => TaskForm));
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  fallback: ReactNode = null,
): ComponentType<Props> {
  const Part = lazy(() => load().then((component) => ({ default: component as ComponentType<object> })));
  // What is loaded now is there when it is asked for; if it cannot be loaded, it is tried again then.
  setTimeout(() => load().catch(() => undefined), PRELOAD_DELAY_MS);
  return (props) => (
    <Suspense
      fallback={
        <>
          <Loading />
          {fallback}
        </>
      }
    >
      <Part {...props} />
    </Suspense>
  );
}

function Loading() {
  useEffect(() => {
    loading++;
    return () => {
      loading--;
    };
  }, []);
  return null;
}
