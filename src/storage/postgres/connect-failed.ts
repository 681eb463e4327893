import { StoreUnusable } from '../../domain/outcomes.ts';

/** A connection to PostgreSQL failed. The message includes the reason and what to do. */
export class ConnectFailed extends StoreUnusable {
  override name = 'ConnectFailed';
  readonly problem: string;
  /** One or two sentences. */
  readonly advice: string;

  /**
   * @param url the URL of the database. Messages do not contain its password.
   * @param timeoutMs how long a response was waited for, in milliseconds.
   */
  constructor(cause: unknown, url: string, timeoutMs: number) {
    const [problem, advice] = describe(cause as { message: string; code?: string }, new URL(url), timeoutMs);
    super(`${problem}. ${advice}`, { cause });
    this.problem = problem;
    this.advice = advice;
  }
}

/** No host of a URL accepts writes. */
export class NoPrimary extends StoreUnusable {
  override name = 'NoPrimary';

  /** @param problems why each host does not. */
  constructor(problems: readonly string[]) {
    super(`no host of the database URL accepts writes: ${problems.join('; ')}`);
  }
}

/** The code is one of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html) or of Node. */
function describe(
  { message, code }: { message: string; code?: string },
  { hostname, port, pathname }: URL,
  timeoutMs: number,
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
      // The error of pg's own timeout has no code.
      if (code === 'ETIMEDOUT' || message === 'timeout expired') {
        return [
          `${server} does not respond within ${timeoutMs / 1000} s`,
          'Check the host and port in the URL, and the firewalls in between.',
        ];
      }
      return [
        `the database cannot be connected to (${message || code})`,
        'Check its URL, and the log of the PostgreSQL server.',
      ];
  }
}
