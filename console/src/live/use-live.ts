import { useEffect } from 'react';
import { useSession } from '../api/session.ts';
import { followEvents } from './stream.ts';

/** Keeps the cache current while the component is shown. */
export function useLive(): void {
  const { token } = useSession();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another token needs another stream
  useEffect(() => {
    const controller = new AbortController();
    void followEvents(controller.signal);
    return () => controller.abort();
  }, [token]);
}
