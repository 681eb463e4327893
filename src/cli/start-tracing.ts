import type { Logger } from 'pino';
import manifest from '../../package.json' with { type: 'json' };
import { findTracing, IncompatibleSdk, type Tracing } from '../tracing/tracing.ts';

/** What records spans, if the operator has loaded an SDK of OpenTelemetry. Logs whether there is one. */
export async function startTracing(logger: Logger): Promise<Tracing | undefined> {
  try {
    const tracing = await findTracing(manifest.version);
    if (tracing !== undefined) logger.info('recording traces with the SDK of OpenTelemetry');
    return tracing;
  } catch (err) {
    if (!(err instanceof IncompatibleSdk)) throw err;
    logger.warn({ err }, 'traces are not recorded: update the SDK of OpenTelemetry');
    return undefined;
  }
}
