// Any Node from 18 on must be able to read this file: it runs before the right Node is found.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first major version that runs the source as it is. */
const MINIMUM_MAJOR = 26;

/** How often to look whether npm is still there, in milliseconds. */
const PARENT_POLL_INTERVAL_MS = 200;

const require = createRequire(import.meta.url);

/** Whether the running Node can run the source. */
export function isCurrent() {
  return Number(process.versions.node.split('.')[0]) >= MINIMUM_MAJOR;
}

/**
 * Runs Node in a version that can run the source, and exits as it exits. Signals to this process are passed on.
 * Without such a Node, prints one line that says what to do and exits with 1.
 *
 * @param {(string | URL)[]} args the arguments of Node; a URL stands for the path of the file.
 */
export async function runNode(args) {
  const node = isCurrent() ? process.execPath : findPackagedNode();
  if (node === undefined) {
    const root = fileURLToPath(new URL('..', import.meta.url));
    fail(`run \`npm install\` in ${root} without --omit=optional`);
  }
  const paths = args.map((arg) => (arg instanceof URL ? fileURLToPath(arg) : arg));
  const child = spawn(node, paths, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithNpm(() => child.kill('SIGTERM'));
  try {
    const [code, signal] = await once(child, 'exit');
    // As a shell reports a program that a signal ended.
    process.exit(code ?? 128 + constants.signals[signal]);
  } catch (error) {
    // Built for another C library, for one.
    fail(`${node} does not run here (${error.code})`);
  }
}

/**
 * @param {string} what
 * @returns {never}
 */
function fail(what) {
  process.stderr.write(
    `task-api: Node ${MINIMUM_MAJOR} or later is needed, and this is Node ${process.versions.node}; ` +
      `${what}, or install Node ${MINIMUM_MAJOR}\n`,
  );
  process.exit(1);
}

/**
 * Calls `stop` when the program was started by npm (`npm start`, `npx task-api`) and npm has ended: npm sends a signal
 * to its shell alone, which ends without passing it on.
 *
 * @param {() => void} stop
 */
export function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return;
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(poll);
    stop();
  }, PARENT_POLL_INTERVAL_MS);
  poll.unref();
}

/** Node from the package of this platform, an optional dependency; undefined if it is not installed. */
function findPackagedNode() {
  const { optionalDependencies } = require('../package.json');
  for (const name of Object.keys(optionalDependencies)) {
    try {
      const manifest = require.resolve(`${name}/package.json`);
      return join(dirname(manifest), require(manifest).bin.node);
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}
