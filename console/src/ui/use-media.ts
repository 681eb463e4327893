import { useSyncExternalStore } from 'react';

/** Widths at which the layout changes. */
export const PHONE = '(max-width: 639px)';
export const BESIDE = '(min-width: 1200px)';

/** Whether a media query matches now. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    () => matchMedia(query).matches,
  );
}
