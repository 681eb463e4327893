/**
 * What the program uses of `node:http`. An `import` of that module reads all its exports, and so loads Node's `fetch`, which
 * takes 15 MB of memory and 40 ms of the start.
 */
export const { createServer, METHODS, request, Server, STATUS_CODES } = process.getBuiltinModule('node:http');
