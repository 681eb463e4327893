import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort, spawnServer } from './server-process.ts';
import { MAIN } from './subjects.ts';

/** The literal token that development mode accepts. */
const DEVELOPMENT_TOKEN = 'your-token-here';

const USER = { firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };

const TIMEOUT = 10_000;
/** How long to wait before asking again, in milliseconds: the measurement is no finer than this. */
const POLL = 5;

/** From the start of the process, with no database yet, until the first user is created, in milliseconds. */
export async function measureStartUp(folder: string): Promise<number> {
  const port = await findFreePort();
  const settings = [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--database-url',
    `file:${join(folder, 'start.db')}`,
  ];
  const start = performance.now();
  const server = spawnServer(folder, port, [MAIN, 'dev', ...settings]);
  try {
    while (!(await createUser(port))) {
      if (performance.now() - start > TIMEOUT) throw new Error(`the server does not answer: ${server.stderr()}`);
      await sleep(POLL);
    }
    return performance.now() - start;
  } finally {
    await server.kill();
  }
}

/** False while nobody listens. */
async function createUser(port: number): Promise<boolean> {
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${port}/users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${DEVELOPMENT_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(USER),
    });
  } catch {
    return false;
  }
  if (response.status !== 201) throw new Error(`expected 201, got ${response.status}: ${await response.text()}`);
  return true;
}
