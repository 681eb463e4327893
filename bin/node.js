#!/usr/bin/env node
// Runs Node in the version that this package needs, with the arguments given: for scripts of package.json.
import { runNode } from './find-node.js';

await runNode(process.argv.slice(2));
