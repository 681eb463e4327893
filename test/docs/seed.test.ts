import assert from 'node:assert';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { tempFolder } from '../support/temp-folder.ts';
import { ROOT } from './clone.ts';
import { plainEnvironment } from './environment.ts';
import { startGroup } from './process-group.ts';
import { whyNoPython } from './python.ts';
import { type StartedServer, startByCommand } from './server-command.ts';

// The examples of the API's own "Create a user", byte for byte, and the body that its "Success response" shows.
const BODY = { userId: 1, firstName: 'John', lastName: 'Doe', contactEmail: 'john.doe@example.com' };
const TIMEOUT_MS = 60_000;

const env = plainEnvironment(process.env);

// One after the other: the examples name port 3000, so only one server can stand for it at a time.
describe('the examples of "Create a user" work against `npm start`', () => {
  test('curl', { timeout: TIMEOUT_MS }, async (t) => {
    assert.deepStrictEqual(JSON.parse(await runExample(t, 'bash', 'create-user.sh')), BODY);
  });

  test('Python', { timeout: TIMEOUT_MS }, async (t) => {
    const reason = whyNoPython(process.env);
    if (reason !== undefined) return t.skip(reason);
    // Python prints an object as it would be written in Python, which here is JSON with other quotation marks.
    const printed = await runExample(t, 'python3', 'create-user.py');
    assert.deepStrictEqual(JSON.parse(printed.replaceAll("'", '"')), BODY);
  });

  test('JavaScript', { timeout: TIMEOUT_MS }, async (t) => {
    assert.strictEqual(await runExample(t, process.execPath, 'create-user.js'), `${inspect(BODY)}\n`);
  });
});

/** Runs one of the examples against a server of its own and returns what it printed. */
async function runExample(t: TestContext, program: string, name: string): Promise<string> {
  const folder = tempFolder(t);
  const server = await start(t, folder);
  let file = join(import.meta.dirname, 'seed', name);
  if (server.port !== 3000) {
    t.diagnostic(`port 3000 is taken: ${name} was run with port ${server.port} instead`);
    const example = readFileSync(file, 'utf8');
    file = join(folder, name);
    writeFileSync(file, example.replaceAll('localhost:3000', `localhost:${server.port}`));
  }
  const { child } = startGroup(program, [file], { cwd: folder, env, signal: t.signal });
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  assert.strictEqual(code, 0, complaints);
  await server.stop();
  assert.strictEqual(server.messages.at(-1), 'stopped');
  return printed;
}

/** `npm start` as a person would type it, on port 3000 unless another program has it. */
async function start(t: TestContext, folder: string): Promise<StartedServer> {
  const options = { cwd: ROOT, env: { ...env, DATABASE_URL: `file:${join(folder, 'seed.db')}` }, signal: t.signal };
  try {
    return await startByCommand('npm start', options);
  } catch (error) {
    if (!(error as Error).message.includes('port 3000 is already in use')) throw error;
    return startByCommand('PORT=0 npm start', options);
  }
}
