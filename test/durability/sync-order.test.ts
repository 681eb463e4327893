import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSyncOrder } from './sync-order.ts';
import { parseSystemCalls } from './system-calls.ts';

const A = 'user-0000000a@example.com';
const B = 'user-0000000b@example.com';

const write = (address: string) => `7 pwrite64(20</tmp/x.db-wal>, "\\0\\r${address}\\2", 4096, 56) = 4096`;
const SYNC = '7 fsync(20</tmp/x.db-wal>)       = 0';
const response = (address: string) =>
  `7 write(26<socket:[1]>, "HTTP/1.1 201 Created\\r\\n\\r\\n{\\"contactEmail\\":\\"${address}\\"}", 99) = 99`;

function check(...lines: string[]) {
  return checkSyncOrder(parseSystemCalls(`${lines.join('\n')}\n`), '/tmp/x.db-wal');
}

const TOO_EARLY = [`the 201 for ${A} was sent before its row was synced`];

test('a 201 after the sync of its row is in order', () => {
  const order = check(write(A), write(B), SYNC, response(A), response(B), '7 +++ exited with 0 +++');
  assert.deepEqual(order, { acknowledged: [A, B], syncs: 1, violations: [] });
});

test('a 201 before the sync is found', () => {
  assert.deepEqual(check(write(A), response(A), SYNC).violations, TOO_EARLY);
});

test('a 201 before the write is found, though all that was written is synced', () => {
  assert.deepEqual(check(write(B), SYNC, response(A), write(A), SYNC).violations, TOO_EARLY);
});

test('a 201 between a later write and its sync is found', () => {
  const { violations } = check(write(A), SYNC, write(B), response(A), SYNC);
  assert.deepEqual(violations, [`the 201 for ${A} was sent while the log was not synced`]);
});

test('a 201 between a write of another thread and its sync is in order', () => {
  assert.deepEqual(check(write(A), SYNC, write(B).replace('7', '8'), response(A), SYNC).violations, []);
});

test('every address in the 201 of a batch is looked at', () => {
  const batch = response(A).replace(A, `${A}\\"}, {\\"contactEmail\\":\\"${B}`);
  assert.deepEqual(check(write(A), write(B), SYNC, batch), { acknowledged: [A, B], syncs: 1, violations: [] });
  assert.deepEqual(check(write(B), SYNC, batch, write(A)).violations, TOO_EARLY);
});

test('a sync that failed does not count', () => {
  const failed = '7 fsync(20</tmp/x.db-wal>) = -1 EIO (Input/output error)';
  assert.deepEqual(check(write(A), failed, response(A)).violations, TOO_EARLY);
});

test('a sync of another file does not count', () => {
  assert.deepEqual(check(write(A), '7 fsync(21</tmp/x.db>) = 0', response(A)).violations, TOO_EARLY);
});

test('a sync that is not over does not count', () => {
  const [begin, end] = ['8 fsync(20</tmp/x.db-wal> <unfinished ...>', '8 <... fsync resumed>)            = 0'];
  assert.deepEqual(check(write(A), begin, response(A), end).violations, TOO_EARLY);
  assert.deepEqual(check(write(A), begin, response(A)).violations, TOO_EARLY);
  assert.deepEqual(check(write(A), begin, end, response(A)).violations, []);
});

test('a sync that began before the write was over does not count', () => {
  const begin = write(A).replace(/\) = .*/, ' <unfinished ...>');
  assert.deepEqual(
    check(begin, SYNC.replace('7', '8'), '7 <... pwrite64 resumed>) = 4096', response(A)).violations,
    TOO_EARLY,
  );
});

test('a response that did not go out is looked at when it does', () => {
  const blocked = response(A).replace('= 99', '= -1 EAGAIN (Resource temporarily unavailable)');
  assert.deepEqual(check(write(A), blocked, SYNC, response(A)), { acknowledged: [A], syncs: 1, violations: [] });
});

test('responses that share a write are all looked at', () => {
  const both = response(A).replace('", 99', `HTTP/1.1 201 Created\\r\\n\\r\\n{${B}}", 198`);
  const { acknowledged, violations } = check(write(B), SYNC, both);
  assert.deepEqual(acknowledged, [A, B]);
  assert.deepEqual(violations, TOO_EARLY);
});

test('what cannot be judged is an error', () => {
  assert.throws(() => check(response(A).replace(A, '')), /1 responses and 0 addresses/);
  assert.throws(() => check('no trace'), /not a line of a trace/);
  assert.throws(() => check('7 nonsense'), /not a system call/);
});
