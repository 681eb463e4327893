import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from '../support/certificate.ts';
import { runCli } from '../support/cli.ts';
import { findFreePort } from '../support/free-port.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const CONFIGURATION = readCheckedBlock('docs/deployment.md', import.meta.filename);
/** Several servers, in place of the one upstream of the configuration. */
const SEVERAL_SERVERS = readCheckedBlock('docs/scaling.md', import.meta.filename);
const UPSTREAM = /^upstream task_api \{\n(?:.*\n)*?\}\n?/;

test('the nginx configuration in docs/deployment.md forwards requests, errors, streams and client addresses', async (t) => {
  if (withoutNginx(t)) return;
  const started = await startServers(t, 1);
  const { call } = await startNginx(t, CONFIGURATION, started);
  const stream = await call({ path: '/events', headers: { accept: 'text/event-stream' } });
  assert.equal(stream.statusCode, 200);

  const created = await call({ method: 'POST', path: '/users' }, NEW_USER);
  assert.equal(created.statusCode, 201);
  assert.equal(created.headers['strict-transport-security'], 'max-age=31536000');
  // The stream does not end, so it arrives only if nginx does not buffer it.
  for await (const chunk of stream.setEncoding('utf8')) if (chunk.includes('user.created')) break;

  const tooLarge = await call({ method: 'POST', path: '/users' }, JSON.stringify({ firstName: 'x'.repeat(70_000) }));
  assert.equal(JSON.parse(await text(tooLarge)).code, 'PAYLOAD_TOO_LARGE');

  const unknown = await call({ path: '/users', localAddress: '127.0.0.2', token: 'wrong' });
  assert.equal(unknown.statusCode, 401);
  const failure = await waitFor(() => started.servers[0]?.log.find(({ msg }) => msg === 'authentication failed'), {
    message: 'the failed authentication is not logged',
  });
  assert.equal(failure.address, '127.0.0.2');
});

test('with the upstream in docs/scaling.md, one of two servers can stop while requests continue', async (t) => {
  if (withoutNginx(t)) return;
  const started = await startServers(t, 2);
  assert.match(CONFIGURATION, UPSTREAM);
  const { call } = await startNginx(t, CONFIGURATION.replace(UPSTREAM, `${SEVERAL_SERVERS}\n`), started);
  const statuses = async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => call({ path: '/health/ready' })));
    return new Set(responses.map(({ statusCode }) => statusCode));
  };
  assert.deepEqual(await statuses(), new Set([200]));
  for (const { log } of started.servers) {
    await waitFor(() => log.some(({ route }) => route === '/health/ready'), { message: 'a server gets no requests' });
  }
  await started.servers[0]?.stop();
  assert.deepEqual(await statuses(), new Set([200]));
});

const NEW_USER = JSON.stringify({ firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });

/** Skips the test if nginx is not installed, except in CI. */
function withoutNginx(t: TestContext): boolean {
  if (spawnSync('nginx', ['-v']).status === 0) return false;
  assert.ok(!process.env.CI, 'CI must test the nginx configuration: install nginx');
  t.skip('THE NGINX CONFIGURATION IS NOT TESTED: nginx is not installed');
  return true;
}

/** Servers on data of their own, and a token that all of them accept. */
async function startServers(t: TestContext, count: number): Promise<Servers> {
  const databaseFile = join(tempFolder(t), 'task-api.db');
  const scopes = ['users:read', 'users:write', 'tasks:read'];
  const { stdout } = await runCli(['token', 'create', '--name', 'nginx', '--scope', ...scopes, '--plan', 'unlimited'], {
    DATABASE_URL: `file:${databaseFile}`,
  });
  const args = ['--trust-proxy', 'loopback', '--log-addresses', 'full'];
  const servers = await Promise.all(
    Array.from({ length: count }, () => startServer({ command: 'serve', databaseFile, args })),
  );
  t.after(() => Promise.all(servers.map((server) => server.stop('SIGKILL'))));
  return { servers, token: stdout.trim() };
}

interface Servers {
  servers: ServerProcess[];
  token: string;
}

/** Runs nginx with a configuration of the documentation, but for its ports and certificate, until the test ends. */
async function startNginx(t: TestContext, configuration: string, { servers, token }: Servers) {
  const folder = tempFolder(t);
  const port = await findFreePort();
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  writeFileSync(certificate, CERTIFICATE);
  writeFileSync(key, CERTIFICATE_KEY);
  const addresses = servers.map(({ url }) => new URL(url).host);
  const adapted = configuration
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace(/(ssl_certificate) .*;/, `$1 ${certificate};`)
    .replace(/(ssl_certificate_key) .*;/, `$1 ${key};`)
    .replaceAll(/(?<= {2}server )\d+\.\d+\.\d+\.\d+:3000/g, () => addresses.shift() ?? 'missing');
  assert.deepEqual(addresses, []);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const file = join(folder, 'nginx.conf');
  const main = `${process.getuid?.() === 0 ? 'user root; ' : ''}daemon off; pid nginx.pid; error_log stderr; events {}`;
  writeFileSync(file, `${main}\nhttp {\naccess_log off; ${temporary.join(' ')}\n${adapted}}\n`);
  const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  nginx.stderr.setEncoding('utf8').on('data', (part: string) => {
    printed += part;
  });
  const exited = once(nginx, 'exit');
  const agent = new Agent({ ca: CERTIFICATE });
  t.after(async () => {
    agent.destroy();
    nginx.kill('SIGTERM');
    await exited;
  });

  const call = async ({ token: sent = token, ...options }: CallOptions, body?: string): Promise<IncomingMessage> => {
    const headers = { authorization: `Bearer ${sent}`, 'content-type': 'application/json', ...options.headers };
    const sending = request({ host: 'localhost', family: 4, port, agent, ...options, headers });
    sending.end(body);
    const [response] = await once(sending, 'response');
    return response;
  };
  const responds = () => call({ path: '/health/live' }).catch(() => undefined);
  await waitFor<unknown>(() => nginx.exitCode !== null || responds(), { message: 'nginx does not respond' });
  assert.equal(nginx.exitCode, null, printed);
  return { call };
}

type CallOptions = Omit<RequestOptions, 'headers'> & { headers?: Record<string, string>; token?: string };
