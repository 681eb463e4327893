import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ServerProcess } from '../support/server-process.ts';
import { Client, type ServerResponse } from './client.ts';
import type { Ledger } from './ledger.ts';
import type { SeenUser, UserFields } from './nth-user.ts';

const CONNECTIONS = 64;

/** How many of the requests send a user again who was acknowledged before. */
const REPEATED = 0.05;

export interface LoadResult {
  /** How often a user was sent again, and rightly rejected. */
  rejected: number;
  violations: string[];
}

/**
 * Creates users over 64 connections and kills the server in the middle of it, `killAfter` milliseconds after its first
 * response. Every acknowledged user goes into the ledger.
 */
export async function loadUntilKilled(options: {
  server: ServerProcess;
  ledger: Ledger;
  round: number;
  killAfter: number;
  random: () => number;
}): Promise<LoadResult> {
  const { server, ledger, round, killAfter, random } = options;
  const client = new Client(server.url, CONNECTIONS);
  const firstResponse = Promise.withResolvers<void>();
  const result: LoadResult = { rejected: 0, violations: [] };
  let killed = false;

  async function keepSending(): Promise<void> {
    while (!killed) {
      const known = random() < REPEATED ? pick(ledger.acknowledged, random) : undefined;
      const user = known === undefined ? ledger.nextUser() : toFields(known.user);
      let response: ServerResponse;
      try {
        response = await client.createUser(user);
      } catch (error) {
        if (!killed) result.violations.push(`no response before the kill: ${(error as Error).message}`);
        return;
      }
      firstResponse.resolve();
      const expected = known === undefined ? isCreated(response, user) : isRejected(response);
      if (!expected) {
        result.violations.push(`${JSON.stringify(user)} got ${JSON.stringify(response)}`);
      } else if (known === undefined) {
        ledger.acknowledged.push({ round, user: response.body as SeenUser });
      } else {
        result.rejected++;
      }
    }
  }

  const connections = Promise.all(Array.from({ length: CONNECTIONS }, keepSending));
  await Promise.race([firstResponse.promise, connections]);
  await wait(killAfter);
  // Before the kill: from here on nothing is sent any more, for the port may soon be another program's.
  killed = true;
  const code = await server.stop('SIGKILL');
  if (code !== null) result.violations.push(`the server exited with ${code} before it was killed`);
  await connections;
  client.close();
  return result;
}

function isCreated({ status, body }: ServerResponse, user: UserFields): boolean {
  const { userId } = body as SeenUser;
  return status === 201 && Number.isSafeInteger(userId) && userId > 0 && isDeepStrictEqual(body, { userId, ...user });
}

/** Whether it is what a second user with the address of a first must get. */
function isRejected({ status, body }: ServerResponse): boolean {
  const { code, details } = body as { code: unknown; details: unknown };
  const reasons = [{ field: 'contactEmail', reason: 'Already in use', location: 'body' }];
  return status === 400 && code === 'INVALID_FIELD' && isDeepStrictEqual(details, reasons);
}

function toFields({ firstName, lastName, contactEmail }: SeenUser): UserFields {
  return { firstName, lastName, contactEmail };
}

function pick<T>(from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)];
}
