import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ServerProcess } from '../support/server-process.ts';
import { Client, type ServerResponse } from './client.ts';
import type { Ledger } from './ledger.ts';
import type { SeenUser, UserFields } from './nth-user.ts';

const CONNECTIONS = 64;

/** How many of the requests send a user again who was acknowledged before. */
const REPEATED = 0.05;

/** How many of the requests create a batch of at most so many users. */
const BATCHED = 0.01;
const MAX_BATCH = 50;

export interface LoadResult {
  /** How often a user was sent again, and rightly rejected. */
  rejected: number;
  violations: string[];
}

/**
 * Creates users over 64 connections, some in batches, and kills the server in the middle of it, `killAfter` milliseconds after its first
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

  async function createBatch(): Promise<void> {
    const users = Array.from({ length: 1 + Math.floor(random() * MAX_BATCH) }, () => ledger.nextUser());
    const { status, body } = await client.createUsers(users);
    const created = (body as { users?: SeenUser[] }).users ?? [];
    const expected =
      created.length === users.length && created.every((user, i) => isUser(user, users[i] as UserFields));
    if (status !== 201 || !expected) result.violations.push(`a batch got ${status} ${JSON.stringify(body)}`);
    else for (const user of created) ledger.acknowledged.push({ round, user });
  }

  async function keepSending(): Promise<void> {
    while (!killed) {
      const batched = random() < BATCHED;
      const known = random() < REPEATED ? pick(ledger.acknowledged, random) : undefined;
      let response: ServerResponse;
      let user: UserFields;
      try {
        if (batched) {
          await createBatch();
          continue;
        }
        user = known === undefined ? ledger.nextUser() : toFields(known.user);
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
  return status === 201 && isUser(body, user);
}

function isUser(body: unknown, user: UserFields): boolean {
  const { userId } = body as SeenUser;
  return Number.isSafeInteger(userId) && userId > 0 && isDeepStrictEqual(body, { userId, ...user });
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
