import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { CERTIFICATE, CERTIFICATE_KEY } from './certificate.ts';
import { runCli } from './cli.ts';
import { findFreePort } from './free-port.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

/** The upstream in the configuration of docs/deployment.md. docs/scaling.md has one with several servers. */
export const UPSTREAM = /^upstream task_api \{\n(?:.*\n)*?\}\n?/;

/** Skips the test if nginx is not installed, except in CI. */
export function skipWithoutNginx(t: TestContext): boolean {
  if (spawnSync('nginx', ['-v']).status === 0) return false;
  assert.ok(!process.env.CI, 'CI must test the nginx configuration: install nginx');
  t.skip('THE NGINX CONFIGURATION IS NOT TESTED: nginx is not installed');
  return true;
}

/** Servers on data of their own, and a token that all of them accept. */
export async function startServers(t: TestContext, count: number): Promise<Servers> {
  const databaseFile = join(tempFolder(t), 'task-api.db');
  const scopes = ['users:read', 'users:write', 'tasks:read'];
  const { stdout } = await runCli(['token', 'create', '--name', 'nginx', '--scope', ...scopes, '--plan', 'unlimited'], {
    DATABASE_URL: `file:${databaseFile}`,
  });
  const args = ['--trust-proxy', 'loopback', '--log-addresses', 'full'];
  const start = async (port = '0') => {
    const server = await startServer({ command: 'serve', databaseFile, args: [...args, '--port', port] });
    t.after(() => server.stop('SIGKILL'));
    return server;
  };
  const servers = await Promise.all(Array.from({ length: count }, () => start()));
  return { servers, token: stdout.trim(), databaseFile, start };
}

export interface Servers {
  servers: ServerProcess[];
  token: string;
  databaseFile: string;
  /** Starts one more, on this port. */
  start: (port: string) => Promise<ServerProcess>;
}

/** Runs nginx with a configuration of the documentation, but for its ports and certificate, until the test ends. */
export async function startNginx(
  t: TestContext,
  configuration: string,
  { servers, token }: Pick<Servers, 'servers' | 'token'>,
) {
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
  const agent = new Agent({ ca: CERTIFICATE, keepAlive: true, maxSockets: 64 });
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
