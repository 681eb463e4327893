/** Within this time, in milliseconds, the same signal again is taken for an echo of the first. */
const ECHO = 1_000;

/** When the process gives up and exits with 1, in milliseconds after the first signal. */
const STOP_TIMEOUT = 9_500;

/** Why the process stops. */
export type StopReason = { signal: NodeJS.Signals } | { error: unknown };

/**
 * Stops on SIGTERM and SIGINT and exits with 0; a second signal exits at once with 1. Ctrl+C under npm sends SIGINT twice,
 * once from the terminal and once passed on by npm: such an echo is not a second signal. An error that nobody caught stops
 * the process the same way, with 1.
 *
 * @param stop ends the work, within the time that the process has.
 */
export function onStopSignal(stop: (reason: StopReason) => Promise<void>): void {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  // Without the listeners to the exit: the log's would wait for ever for a reader that has stalled.
  const exit = (code: number) => {
    process.removeAllListeners('exit');
    process.exit(code);
  };
  const stopInTime = (reason: StopReason) => {
    setTimeout(() => exit(1), STOP_TIMEOUT).unref();
    return stop(reason);
  };

  const onSignal = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (first === undefined) {
      first = { signal, at: now };
      stopInTime({ signal }).then(
        () => exit(0),
        () => exit(1),
      );
    } else if (signal !== first.signal || now - first.at > ECHO) {
      exit(1);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  process.once('uncaughtException', (error) => {
    // An error while stopping, or a second one: there is nothing left to wait for.
    process.once('uncaughtException', () => exit(1));
    stopInTime({ error }).finally(() => exit(1));
  });
}
