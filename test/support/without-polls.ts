/** In the environment of a process that imports this file first. */
const VARIABLE = 'TEST_WITHOUT_POLLS';

/** The wrapper program and its arguments, for `startServer`: streams of events wait for notifications only. */
export const WITHOUT_POLLS = ['env', `NODE_OPTIONS=--import=${import.meta.filename}`, `${VARIABLE}=1`];

/** A `setTimeout` with which streams of events neither poll nor send heartbeats. */
export function withoutPolls(original: typeof setTimeout): typeof setTimeout {
  return ((callback: () => void, delay = 0, ...rest: unknown[]) => {
    const isStopped = delay === 250 || (delay > 10_000 && delay <= 15_000);
    return isStopped ? original(() => undefined, 0) : original(callback, delay, ...rest);
  }) as typeof setTimeout;
}

if (process.env[VARIABLE] !== undefined) globalThis.setTimeout = withoutPolls(globalThis.setTimeout);
