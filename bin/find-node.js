// This file must run on Node 18: it runs before the required version is found.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first major version that runs TypeScript and has a stable `node:sqlite`. */
const MINIMUM_MAJOR = 26;

/** How often to check that npm is still running. */
const PARENT_POLL_INTERVAL_MS = 200;

const require = createRequire(import.meta.url);

/** Whether the current Node is recent enough. */
export function isCurrent() {
  return Number(process.versions.node.split('.')[0]) >= MINIMUM_MAJOR;
}

/**
 * Runs a recent enough Node, forwards signals to it, and exits with its exit code. If there is none, prints what to do
 * on one line and exits with 1.
 *
 * @param {(string | URL)[]} args the arguments of Node; a file URL is converted to a path.
 */
export async function runNode(args) {
  const node = isCurrent() ? process.execPath : findPackagedNode();
  if (node === undefined) {
    fail('run `npm install` again without --omit=optional');
  }
  const paths = args.map((arg) => (arg instanceof URL ? fileURLToPath(arg) : arg));
  const child = spawn(node, paths, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithNpm(() => child.kill('SIGTERM'));
  try {
    const [code, signal] = await once(child, 'exit');
    // The exit code that a shell reports for a program that was ended by a signal.
    process.exit(code ?? 128 + constants.signals[signal]);
  } catch (error) {
    // For example, it was built for another C library.
    fail(`${node} cannot be run (${error.code})`);
  }
}

/**
 * @param {string} what
 * @returns {never}
 */
function fail(what) {
  process.stderr.write(
    `task-api: Node ${MINIMUM_MAJOR} or later is required, and this is Node ${process.versions.node}; ` +
      `${what}, or install Node ${MINIMUM_MAJOR}\n`,
  );
  process.exit(1);
}

/**
 * Calls `stop` when npm has exited, if npm started the program (`npm start`, `npx task-api`). npm forwards a signal only
 * to its shell, which exits without forwarding it.
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

/** The path of Node from this platform's package, an optional dependency. Undefined if it is not installed. */
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
