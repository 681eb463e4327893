#!/usr/bin/env node
// The command `task-api`. It must run on Node 18.
import { isCurrent, runNode, stopWithNpm } from './find-node.js';

const main = new URL('../src/main.ts', import.meta.url);

if (isCurrent()) {
  stopWithNpm(() => process.kill(process.pid, 'SIGTERM'));
  await import(main.href);
} else {
  await runNode([main, ...process.argv.slice(2)]);
}
