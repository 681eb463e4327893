import { setTimeout as sleep } from 'node:timers/promises';
import { PEERS, type Peer, type PeerName } from './peers.ts';
import { findFreePort } from './server-process.ts';
import { withWorkFolder } from './work-folder.ts';

const USER = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

const TIMEOUT_MS = 10_000;
/** How long to wait before asking again: the measurement is no finer than this. */
const POLL_INTERVAL_MS = 5;

/** From the start of a server's process, with no database yet, until the first user is created, in milliseconds. */
export function measureStartUp(name: PeerName): Promise<number> {
  const peer = PEERS[name];
  return withWorkFolder(async (folder) => {
    const port = await findFreePort();
    const start = performance.now();
    const server = peer.spawn(folder, port);
    try {
      while (!(await createUser(peer, port))) {
        if (performance.now() - start > TIMEOUT_MS) throw new Error(`${name} does not respond: ${server.stderr()}`);
        await sleep(POLL_INTERVAL_MS);
      }
      return performance.now() - start;
    } finally {
      await server.kill();
    }
  });
}

/** False while nothing listens. */
async function createUser({ create, token }: Peer, port: number): Promise<boolean> {
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${port}${create.path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(USER),
    });
  } catch {
    return false;
  }
  const body = await response.text();
  if (response.status !== create.status) throw new Error(`expected ${create.status}, got ${response.status}: ${body}`);
  return true;
}
