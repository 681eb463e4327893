import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { DEVELOPMENT_TOKEN } from '../../src/auth/token-verifier.ts';
import type { UserFields } from './nth-user.ts';

/** How long a response may take, in milliseconds, before the request fails. */
const RESPONSE_TIMEOUT_MS = 20_000;

export interface ServerResponse {
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

  /** @throws when the connection ends before the whole response is there. */
  createUser(user: UserFields): Promise<ServerResponse> {
    return this.#send('POST', '/users', JSON.stringify(user));
  }

  /** @throws when the connection ends before the whole response is there. */
  createUsers(users: readonly UserFields[]): Promise<ServerResponse> {
    return this.#send('POST', '/users/batch', JSON.stringify({ users }));
  }

  /** @throws when the connection ends before the whole response is there. */
  getUser(userId: number): Promise<ServerResponse> {
    return this.#send('GET', `/users/${userId}`);
  }

  /** @throws when the connection ends before the whole response is there. */
  get(path: string): Promise<ServerResponse> {
    return this.#send('GET', path);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #send(method: string, path: string, body?: string): Promise<ServerResponse> {
    const sent = request(`${this.#url}${path}`, {
      method,
      agent: this.#agent,
      timeout: RESPONSE_TIMEOUT_MS,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
    });
    sent.on('timeout', () => sent.destroy(new Error(`no response within ${RESPONSE_TIMEOUT_MS} ms`)));
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode as number, body: await json(response) };
  }
}
