import { parseArgs } from 'node:util';
import { Progress } from './progress.ts';
import { seed } from './seed-store.ts';

/**
 * Fills a new SQLite file with users and tasks, by default a million and ten million:
 * `node bench/seed.ts --file big.db --users 1000000 --tasks 10000000`.
 */
const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    users: { type: 'string', default: '1000000' },
    tasks: { type: 'string', default: '10000000' },
  },
});
const [users, tasks] = [Number(values.users), Number(values.tasks)];
if (values.file === undefined || !(users >= 1) || !(tasks >= 0)) {
  process.stderr.write('seed: name a new file with --file; --users and --tasks are numbers, of users one at least\n');
  process.exit(1);
}
const progress = new Progress(100);
seed({ file: values.file, users, tasks, heavyUsers: 0 }, (what) => progress.step(what), 100);
progress.end();
