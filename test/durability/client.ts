import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';
import type { UserFields } from './nth-user.ts';

/** How long an answer may take, in milliseconds, before the request fails. */
const ANSWER_TIMEOUT = 20_000;

export interface Answer {
  status: number;
  body: unknown;
}

/** Talks to a server, in development mode unless there is a token, over at most so many connections, which are kept open. */
export class Client {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #token: string;

  constructor(url: string, connections: number, token = DEVELOPMENT_TOKEN) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws when the connection ends before the whole answer is there. */
  createUser(user: UserFields): Promise<Answer> {
    return this.#send('POST', '/users', JSON.stringify(user));
  }

  /** @throws when the connection ends before the whole answer is there. */
  getUser(userId: number): Promise<Answer> {
    return this.#send('GET', `/users/${userId}`);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, path: string, body?: string): Promise<Answer> {
    const sent = request(`${this.#url}${path}`, {
      method,
      agent: this.#agent,
      timeout: ANSWER_TIMEOUT,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWER_TIMEOUT} ms`)));
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: answer.statusCode as number, body: await json(answer) };
  }
}
