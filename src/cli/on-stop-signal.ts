/** The same signal again within this time is a duplicate of the first. */
const DUPLICATE_SIGNAL_MS = 1_000;

/** How long a stop may take. After that, the process exits with 1. Service managers commonly kill after 10 seconds. */
const STOP_TIMEOUT_MS = 9_500;

/** Why the process stops. */
export type StopReason = { signal: NodeJS.Signals } | { error: unknown };

/**
 * Stops on SIGTERM and SIGINT, then exits with 0. A second signal exits at once with 1. Under npm, Ctrl+C sends SIGINT
 * twice, once from the terminal and once from npm, so a duplicate signal is ignored. An uncaught error stops the process
 * the same way, with exit code 1.
 *
 * @param stop ends the work, within {@link STOP_TIMEOUT_MS}.
 */
export function onStopSignal(stop: (reason: StopReason) => Promise<void>): void {
  let first: { signal: NodeJS.Signals; at: number } | undefined;
  // Without the exit listeners: the log's listener would wait indefinitely for a stalled reader.
  const exit = (code: number) => {
    process.removeAllListeners('exit');
    process.exit(code);
  };
  const stopInTime = (reason: StopReason) => {
    setTimeout(() => exit(1), STOP_TIMEOUT_MS).unref();
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
    } else if (signal !== first.signal || now - first.at > DUPLICATE_SIGNAL_MS) {
      exit(1);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  process.once('uncaughtException', (error) => {
    // Do not wait for the stop after a second error.
    process.once('uncaughtException', () => exit(1));
    stopInTime({ error }).finally(() => exit(1));
  });
}
