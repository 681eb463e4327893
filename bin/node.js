#!/usr/bin/env node
// Runs the Node version that this package requires, with the given arguments. Used by the scripts in package.json.
import { runNode } from './find-node.js';

await runNode(process.argv.slice(2));
