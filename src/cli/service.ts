import { ApiError, NetworkError, TaskApi } from '../../client/src/index.ts';
import { CliError } from './cli-error.ts';

/** A running service, and the token to use it with. */
export interface ServiceOptions {
  url: string;
  token: string;
}

/** How long a request may take with its retries: longer than a restart of the service, or a minute of the rate limit. */
const DEADLINE_MS = 300_000;

/** For commands whose user waits. */
export const INTERACTIVE = { deadlineMs: 10_000 };

/** A shorter wait is not reported. */
const REPORTED_DELAY_MS = 1000;

/** A client of the service. It reports its waits, because they look like a program that hangs. */
export function connect({ url, token }: ServiceOptions, { deadlineMs = DEADLINE_MS } = {}): TaskApi {
  return new TaskApi({
    baseUrl: url,
    token,
    deadlineMs,
    onRetry: ({ error, delayMs }) => {
      if (delayMs < REPORTED_DELAY_MS) return;
      process.stderr.write(`${error.message}; retrying in ${Math.ceil(delayMs / 1000)} s\n`);
    },
  });
}

/** Runs requests. @throws CliError for an error response or an unreachable service, with what to do. */
export async function withService<T>(options: ServiceOptions, run: () => Promise<T>): Promise<T> {
  process.stdout.on('error', endOutput);
  try {
    return await run();
  } catch (error) {
    if (error instanceof ApiError) throw new CliError(describeApiError(error));
    if (!(error instanceof NetworkError)) throw error;
    const { origin } = new URL(options.url);
    const reason = (error.cause as { cause?: { code?: string } } | undefined)?.cause?.code ?? error.message;
    throw new CliError(`cannot reach ${origin}: ${reason}. Start the service, or set --url`);
  }
}

/** A reader such as `head` that has closed the pipe has all that it wanted. */
function endOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit(0);
  process.stderr.write(`task-api: cannot write the output: ${message}\n`);
  process.exit(1);
}

function describeApiError({ status, code, message, details, requestId, response }: ApiError): string {
  const [, scope] = /scope="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '') ?? [];
  if (status === 401)
    return 'the service does not accept the token. Set TASK_API_TOKEN to one of task-api token create';
  if (scope !== undefined) return `the token needs the scope ${scope}`;
  if (details.length > 0) {
    const others = details.slice(1).map(({ field, reason }) => `; ${field}: ${reason}`);
    return message.replace(/\.$/, '') + others.join('');
  }
  return `${message} (${code}, request ${requestId})`;
}
