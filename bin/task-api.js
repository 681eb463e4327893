#!/usr/bin/env node
// The command `task-api`. It must run on Node 18.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { isCurrent, runNode, stopWithNpm } from './find-node.js';

// The package has only `dist/`. In a clone, `dist/` is what `npm run package` built last, perhaps from older source.
const source = new URL('../src/main.ts', import.meta.url);
const main = existsSync(source) ? source : new URL('../dist/main.js', import.meta.url);

// In a clone without the cache, every process and every thread of it would load Node's TypeScript compiler, which takes
// 15 MB and a fifth of a second. Threads and other processes find the folder in the environment. If it cannot be written,
// for example in a global installation by root, there is no cache: a folder that other users can write is not safe.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/task-api', import.meta.url));

if (isCurrent()) {
  stopWithNpm(() => process.kill(process.pid, 'SIGTERM'));
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(main.href);
  // A server that is killed would not write it.
  module.flushCompileCache();
} else {
  // The flags of this Node, such as `--import`, are meant for the program.
  await runNode([...process.execArgv, main, ...process.argv.slice(2)]);
}
