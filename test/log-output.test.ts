import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type LogLoss, LogOutput } from '../src/log-output.ts';
import { tempFolder } from './support/temp-folder.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/** A named pipe with a log output that writes to it. The clock is turned by the test. */
function logPipe(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const path = join(tempFolder(t), 'log');
  execFileSync('mkfifo', [path]);
  const openReader = () => openSync(path, O_RDONLY | O_NONBLOCK);
  const reader = openReader();
  const fd = openSync(path, O_WRONLY | O_NONBLOCK);
  t.after(() => closeSync(fd));
  const losses: LogLoss[] = [];
  const output = new LogOutput({
    fd,
    onRecovered: (loss) => {
      losses.push(loss);
      output.write(`dropped ${loss.dropped}\n`);
    },
  });
  const flush = () => new Promise<void>((resolve) => output.flush(resolve));
  return { output, reader, openReader, flush, losses };
}

/** Everything that is in the pipe. */
function readAll(reader: number): string {
  const buffer = Buffer.alloc(1024 * 1024);
  let length = 0;
  try {
    for (let n = 1; n > 0; length += n) n = readSync(reader, buffer, length, buffer.length - length, null);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
  }
  return buffer.toString('utf8', 0, length);
}

test('lines are written together after 100 ms', async (t) => {
  const { output, reader, flush } = logPipe(t);
  t.after(() => closeSync(reader));
  output.write('a\n');
  output.write('b\n');
  assert.equal(readAll(reader), '');
  t.mock.timers.tick(100);
  await flush();
  assert.equal(readAll(reader), 'a\nb\n');
});

test('while writes fail, lines are counted and dropped; the next successful write is followed by their number', async (t) => {
  const { output, reader, openReader, flush, losses } = logPipe(t);
  closeSync(reader);
  output.write('first\n');
  await flush();
  for (let i = 0; i < 10_000; i++) output.write(`line ${i} that is dropped\n`);
  await flush();
  t.mock.timers.tick(1_000);
  await flush();
  assert.deepEqual(losses, []);

  const again = openReader();
  t.after(() => closeSync(again));
  t.mock.timers.tick(1_000);
  await flush();
  output.write('last\n');
  await flush();
  assert.deepEqual(losses, [{ dropped: 10_000, code: 'EPIPE' }]);
  assert.equal(readAll(again), 'first\ndropped 10000\nlast\n');
});

test('a reader that is slow loses no line, and one that has stalled costs a bounded amount of memory', async (t) => {
  const { output, reader, losses } = logPipe(t);
  t.after(() => closeSync(reader));
  const line = `${'x'.repeat(999)}\n`;
  const count = 20_000;
  for (let i = 0; i < count; i++) output.write(line);

  let received = 0;
  for (let idle = 0; losses.length === 0 && idle < 10_000; idle++) {
    const text = readAll(reader);
    if (text !== '') idle = 0;
    received += text.length;
    t.mock.timers.tick(20);
    await turn();
  }
  const dropped = losses[0]?.dropped ?? 0;
  assert.equal(losses[0]?.code, null);
  assert.equal(received, (count - dropped) * line.length);
  // 60 of these lines make a batch, and the pipe holds 64 KiB.
  assert.ok(received > 15_000_000 && received < 16_000_000, String(received));
});
