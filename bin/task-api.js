#!/usr/bin/env node
// The command `task-api`. It must run on Node 18.
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { isCurrent, runNode, stopWithNpm } from './find-node.js';

const main = new URL('../src/main.ts', import.meta.url);

// Without the cache, every process and every thread of it would load Node's TypeScript compiler, which takes 15 MB and a
// fifth of a second. Threads and other processes find the folder in the environment. If it cannot be written, there is no cache.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/task-api', import.meta.url));

if (isCurrent()) {
  stopWithNpm(() => process.kill(process.pid, 'SIGTERM'));
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  await import(main.href);
  // A server that is killed would not write it.
  module.flushCompileCache();
} else {
  await runNode([main, ...process.argv.slice(2)]);
}
