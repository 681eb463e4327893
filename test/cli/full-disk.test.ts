import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { onSmallDisk, SMALL_DISK, whyNoSmallDisk } from '../support/small-disk.ts';

/** Fills the disk up, but for some bytes. */
const fillBut = (bytes: number) =>
  `head -c ${bytes} /dev/zero > ${SMALL_DISK}/gap && { cat /dev/zero > ${SMALL_DISK}/fill; } 2> /dev/null; rm ${SMALL_DISK}/gap`;

for (const command of ['migrate', 'serve']) {
  for (const free of [0, 4096, 16_384, 65_536]) {
    test(`${command} on a disk with ${free} bytes free reports a full disk`, async (t) => {
      if (cannotMount(t)) return;
      const prepare = `mkdir ${SMALL_DISK}/data && ${fillBut(free)}`;
      const { code, stderr } = await run(command, onSmallDisk('size=256k', prepare));
      assert.equal(code, 1);
      assert.match(stderr, /^task-api: the disk of \/mnt\/data\/test\.db is full \(.*\)\n$/);
    });
  }
}

test('a folder that cannot be created on a full disk is reported', async (t) => {
  if (cannotMount(t)) return;
  const { code, stderr } = await run('serve', onSmallDisk('size=64k,nr_inodes=2', `touch ${SMALL_DISK}/last`));
  assert.equal(code, 1);
  assert.equal(stderr, 'task-api: the folder /mnt/data cannot be created (the disk is full, ENOSPC)\n');
});

function run(command: string, wrap: string[]) {
  return runCli([command], { DATABASE_URL: `file:${SMALL_DISK}/data/test.db`, HOST: '127.0.0.1', PORT: '0' }, wrap);
}

/** Skips the test where no disk can be mounted, except in CI, where it must not go unnoticed. */
function cannotMount(t: TestContext): boolean {
  const reason = whyNoSmallDisk();
  if (reason === undefined) return false;
  assert.ok(!process.env.CI, `CI must test full disks, and ${reason}`);
  t.skip(`A FULL DISK WAS NOT TESTED: ${reason}`);
  return true;
}
