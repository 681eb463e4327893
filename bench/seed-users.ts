import type { Peer } from './peers.ts';
import type { Target } from './targets.ts';

/** How many users each server has before it is measured. */
export const USERS = 1_000;
/** How many users are created at the same time. */
const AT_ONCE = 16;

/** The paths of what is stored: of each user, and of the list that has only this user. */
export interface Stored {
  gets: string[];
  lists: string[];
}

/** Creates users over HTTP. */
export async function seedUsers({ server, token }: Target, peer: Peer, users: number): Promise<Stored> {
  const url = `http://127.0.0.1:${server.port}${peer.create.path}`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const stored: Stored = { gets: [], lists: [] };
  let next = 0;
  const create = async () => {
    while (next < users) {
      const contactEmail = `seed${next++}@example.com`;
      const body = JSON.stringify({ firstName: 'Jane', lastName: 'Doe', contactEmail });
      const response = await fetch(url, { method: 'POST', headers, body });
      if (response.status !== peer.create.status) throw new Error(`seed: ${response.status} ${await response.text()}`);
      const { userId, id } = (await response.json()) as { userId?: number; id?: string | number };
      stored.gets.push(peer.user(userId ?? (id as string | number)));
      stored.lists.push(peer.list(contactEmail));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, create));
  return stored;
}
