import assert from 'node:assert/strict';
import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { ROOT } from '../docs/clone.ts';
import { startByCommand } from '../docs/server-command.ts';
import { tempFolder } from '../support/temp-folder.ts';

const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const PLATFORM_PACKAGES = Object.keys(MANIFEST.optionalDependencies);
const VERSION = `${MANIFEST.version}\n`;
const TOO_OLD = /^task-api: Node 26 or later is required, and this is Node \S+; run `npm install` again .*\n$/;

/** Has the Node that runs the tests say that it is an older one. */
const OLDER = "Object.defineProperty(process.versions, 'node', { value: '18.20.8' })";
const OLD_NODES: [name: string, command: string[]][] = [
  ['a Node that is too old', [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(OLDER)}`]],
  ['Debian’s own Node', ['/usr/bin/node']],
];

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function run([program = '', ...args]: string[], options: SpawnOptions = {}): Promise<Result> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    once(child, 'exit'),
  ]);
  return { code, stdout, stderr };
}

/** The program as a fresh clone has it after `npm install`, or before it. */
function makeClone(t: TestContext, installed: boolean): string {
  const folder = tempFolder(t);
  // Real files: Node looks for packages from where a file really is.
  mkdirSync(join(folder, 'bin'));
  for (const name of readdirSync(join(ROOT, 'bin'))) {
    writeFileSync(join(folder, 'bin', name), readFileSync(join(ROOT, 'bin', name)));
  }
  for (const name of ['package.json', 'src']) symlinkSync(join(ROOT, name), join(folder, name));
  if (installed) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Whether the machine has a Node at this path that cannot run the source. */
async function isOld([program = '', ...args]: string[]): Promise<boolean> {
  const { code, stdout } = await run([program, ...args, '-p', 'process.versions.node']).catch(() => NONE);
  return code === 0 && Number.parseInt(stdout, 10) < 26;
}
const NONE: Result = { code: null, stdout: '', stderr: '' };

for (const [name, node] of OLD_NODES) {
  test(`${name} runs the command with the package's Node`, async (t) => {
    if (!(await isOld(node))) return t.skip(`there is no such Node: ${node[0]}`);
    const clone = makeClone(t, true);
    const { code, stdout, stderr } = await run([...node, join(clone, 'bin/task-api.js'), '--version']);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: VERSION, stderr: '' });
    const failed = await run([...node, join(clone, 'bin/task-api.js'), 'serve', '--port', 'x']);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^task-api: PORT .*\n$/);
    const script = await run([...node, join(clone, 'bin/node.js'), '-p', 'process.versions.node']);
    assert.equal(script.stdout, `${process.versions.node}\n`);
  });

  test(`${name} without the package's Node prints one line that says what to do`, async (t) => {
    if (!(await isOld(node))) return t.skip(`there is no such Node: ${node[0]}`);
    const clone = makeClone(t, false);
    for (const args of [
      ['bin/task-api.js', 'serve'],
      ['bin/node.js', '--test'],
    ]) {
      const { code, stdout, stderr } = await run([...node, ...args], { cwd: clone });
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, TOO_OLD);
    }
  });
}

test('from the second start on, no thread loads the TypeScript compiler', async (t) => {
  const clone = makeClone(t, true);
  const report = `process.on('exit', () => console.error(process.moduleLoadList.filter((name) => name.includes('amaro'))))`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(report)}`, 'bin/task-api.js', '--version'];
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(clone, 'cache') };
  const first = await run([process.execPath, ...args], { cwd: clone, env });
  assert.match(first.stderr, /amaro/);
  const { code, stdout, stderr } = await run([process.execPath, ...args], { cwd: clone, env });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: VERSION, stderr: '[]\n' });
});

test('a Node that cannot be run is reported in one line', async (t) => {
  const clone = makeClone(t, false);
  const folder = join(clone, 'node_modules', PLATFORM_PACKAGES[0] as string);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"bin":{"node":"bin/node"}}');
  const [, node = []] = OLD_NODES[0] ?? [];
  const { code, stderr } = await run([...node, join(clone, 'bin/task-api.js'), 'serve']);
  assert.equal(code, 1);
  assert.match(stderr, /^task-api: Node 26 or later is required.* cannot be run \(ENOENT\).*\n$/);
});

test('the command forwards signals to the package’s Node', async (t) => {
  const DATABASE_URL = `file:${join(tempFolder(t), 'test.db')}`;
  const [, [program = '', ...args]] = OLD_NODES[0] as [string, string[]];
  const child = spawn(program, [...args, join(ROOT, 'bin/task-api.js'), 'dev', '--port', '0'], {
    env: { PATH: process.env.PATH, DATABASE_URL },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    printed += part;
    if (part.includes('"msg":"listening"')) child.kill('SIGTERM');
  });
  assert.deepEqual(await once(child, 'close'), [0, null]);
  assert.match(printed, /"msg":"stopped"\}\n$/);
});

for (const command of ['npm start --', 'npx task-api dev']) {
  test(`SIGTERM to \`${command}\` stops the service as well`, async (t) => {
    const folder = tempFolder(t);
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: `file:${join(folder, 'test.db')}`,
      HOME: folder,
      npm_config_update_notifier: 'false',
    };
    // bash becomes npm.
    const server = await startByCommand(`exec ${command} --port 0`, { cwd: ROOT, env, signal: t.signal });
    process.kill(server.pid, 'SIGTERM');
    await server.ended;
    assert.equal(server.messages.at(-1), 'stopped');
    await assert.rejects(fetch(`http://127.0.0.1:${server.port}/health/live`));
  });
}

test('Node comes from packages that the lockfile covers, and from no script', () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  for (const name of PLATFORM_PACKAGES) {
    const { version, integrity, hasInstallScript } = packages[`node_modules/${name}`];
    assert.equal(version, MANIFEST.optionalDependencies[name]);
    assert.match(integrity, /^sha512-/);
    assert.equal(hasInstallScript, undefined);
  }
  const withScripts = Object.entries<{ hasInstallScript?: boolean }>(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  assert.deepEqual(withScripts.sort(), Object.keys(MANIFEST.allowScripts).sort());
});

test('the flags of Node apply to the Node that is started instead', async (t) => {
  const file = join(tempFolder(t), 'loaded.mjs');
  // Only the Node of the package reports that it has loaded the file: it inherits the flag, but not the version.
  writeFileSync(file, "if (process.execPath.includes('node_modules')) process.stderr.write('loaded\\n');");
  for (const [, [program = '', ...flags]] of OLD_NODES.filter(([, [path = '']]) => existsSync(path))) {
    const args = [...flags, '--import', file, join(ROOT, 'bin/task-api.js'), '--version'];
    const { code, stdout, stderr } = await run([program, ...args]);
    assert.deepEqual([code, stdout], [0, VERSION], stderr);
    assert.match(stderr, /loaded\n$/);
  }
});
