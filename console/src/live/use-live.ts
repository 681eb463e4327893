import { useEffect } from 'react';
import { followEvents } from './stream.ts';

/** Keeps the cache current while the component is shown. */
export function useLive(): void {
  useEffect(() => {
    const controller = new AbortController();
    void followEvents(controller.signal);
    return () => controller.abort();
  }, []);
}
