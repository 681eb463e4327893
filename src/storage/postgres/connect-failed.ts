import { StoreUnusable } from '../../domain/outcomes.ts';

/** A connection to PostgreSQL cannot be made: why not, and what to do about it. */
export class ConnectFailed extends StoreUnusable {
  override name = 'ConnectFailed';
  readonly problem: string;
  /** One or two sentences. */
  readonly advice: string;

  /**
   * @param url what was connected to. Its password is not shown.
   * @param timeout for how many milliseconds a response was waited for.
   */
  constructor(cause: unknown, url: string, timeout: number) {
    const [problem, advice] = describe(cause as { message: string; code?: string }, new URL(url), timeout);
    super(`${problem}. ${advice}`, { cause });
    this.problem = problem;
    this.advice = advice;
  }
}

/** By error code: of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html), or of Node. */
function describe(
  { message, code }: { message: string; code?: string },
  { hostname, port, pathname }: URL,
  timeout: number,
): [problem: string, advice: string] {
  const server = `${hostname}:${port || 5432}`;
  const database = decodeURIComponent(pathname.slice(1));
  switch (code) {
    case '3D000':
      return [`there is no database ${database} on ${server}`, 'Create it, or correct its name in the URL.'];
    case '28P01':
    case '28000':
      return [`${server} rejects the login (${message})`, 'Correct the user and password in the URL.'];
    case 'ECONNREFUSED':
      return [
        `PostgreSQL is not running at ${server} (ECONNREFUSED)`,
        'Start it, or correct the host and port in the URL.',
      ];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [`the host ${hostname} cannot be found (${code})`, 'Correct it in the URL, or check the name resolution.'];
    default:
      // The driver's own time limit has no code.
      if (code === 'ETIMEDOUT' || message === 'timeout expired') {
        return [
          `${server} does not respond within ${timeout / 1000} s`,
          'Check the host and port in the URL, and the firewalls in between.',
        ];
      }
      return [
        `the database cannot be connected to (${message || code})`,
        'Check its URL, and the log of the PostgreSQL server.',
      ];
  }
}
