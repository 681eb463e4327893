import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { clientApp } from '../support/client.ts';
import { JOHN } from '../support/examples.ts';
import { MAIN } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** A service, and a function that runs a command against it in a folder of its own. */
async function service(t: TestContext) {
  const tested = await clientApp(t);
  const env = { TASK_API_URL: tested.url, TASK_API_TOKEN: await tested.token() };
  const folder = tempFolder(t);
  const write = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  return { ...tested, env, folder, write, run: (...args: string[]) => runCli(args, env) };
}

const PEOPLE = 'Vorname;Nachname;E-Mail;Phone\nJürgen;Müller;j@example.com;1\nNo;Address;nowhere;2\n';
const MAPS = ['--map', 'Vorname=firstName', '--map', 'Nachname=lastName', '--map', 'E-Mail=contactEmail'];

test('import writes rejected rows to a file and exits with 2; --dry-run creates nothing', async (t) => {
  const { run, write, folder, api } = await service(t);
  const file = write('people.csv', PEOPLE);
  const dry = await run('import', 'users', file, ...MAPS, '--dry-run');
  assert.deepEqual([dry.code, dry.stdout.replace(/, \d+ rows\/s/, '')], [2, 'users: 1 valid, 1 rejected\n']);
  assert.match(dry.stderr, /^line 3: contactEmail: The field `contactEmail` must be a valid email address$/m);
  assert.deepEqual(await Array.fromAsync(api.users.list()), []);

  const rejects = join(folder, 'rejects.csv');
  const { code, stdout, stderr } = await run('import', 'users', file, ...MAPS, '--rejects', rejects);
  assert.deepEqual([code, stdout.replace(/, \d+ rows\/s/, '')], [2, 'users: 1 imported, 1 rejected\n']);
  assert.match(stderr, /^Not imported, because no field has this name: Phone$/m);
  assert.match(stderr, /^importing users: 100%, \d+ of \d+ bytes$/m);
  assert.deepEqual(readFileSync(rejects, 'utf8').split('\n').slice(0, 2), [
    'Vorname,Nachname,E-Mail,Phone,_line,_field,_reason',
    'No,Address,nowhere,2,3,contactEmail,The field `contactEmail` must be a valid email address',
  ]);
  assert.deepEqual(await Array.fromAsync(api.users.list()), [
    { userId: 1, firstName: 'Jürgen', lastName: 'Müller', contactEmail: 'j@example.com' },
  ]);
});

test('import json-server creates users, and their tasks with the new IDs', async (t) => {
  const { run, write, api } = await service(t);
  await api.users.create(JOHN);
  const task = { taskTitle: 'Call', dueDate: '2030-01-31T00:00:00Z' };
  const users = [{ id: 'x7', firstName: 'Ada', lastName: 'L', contactEmail: 'ada@example.com', age: 36 }];
  const file = write(
    'db.json',
    JSON.stringify({
      users,
      tasks: [
        { id: 1, userId: 'x7', ...task },
        { userId: 9, ...task },
      ],
    }),
  );
  const { code, stdout, stderr } = await run('import', 'json-server', file);
  assert.equal(code, 2);
  assert.match(stdout, /^users: 1 imported, 0 rejected, .*\ntasks: 1 imported, 1 rejected/);
  assert.match(stderr, /^line 2: userId: The owner is not among the imported users$/m);
  assert.deepEqual(
    (await Array.fromAsync(api.tasks.list())).map(({ userId }) => userId),
    [2],
  );
});

test('a killed import is resumed by the same command', async (t) => {
  const { env, run, write, api } = await service(t);
  const emails = Array.from({ length: 6000 }, (_, n) => `user${n}@example.com`);
  const file = write(
    'users.csv',
    `firstName,lastName,contactEmail\n${emails.map((email) => `A,B,${email}\n`).join('')}`,
  );
  const child = spawn(process.execPath, [MAIN, 'import', 'users', file], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  await waitFor(async () => (await api.users.listPage({ perPage: 1 })).items.length > 0, {
    message: 'nothing is imported',
  });
  child.kill('SIGKILL');
  await exited;
  const { code, stdout } = await run('import', 'users', file);
  assert.equal(code, 0);
  assert.match(stdout, /^users: 6000 imported, 0 rejected/);
  const stored = await Array.fromAsync(api.users.stream());
  assert.deepEqual(stored.map(({ contactEmail }) => contactEmail).sort(), emails.sort());
});

test('export writes a file when it is complete, and overwrites none', async (t) => {
  const { run, folder, api } = await service(t);
  await api.users.create(JOHN);
  const file = join(folder, 'users.ndjson');
  assert.equal((await run('export', 'users', file)).code, 0);
  assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(JOHN)}\n`);
  const again = await run('export', 'users', file);
  assert.deepEqual(
    [again.code, again.stderr],
    [1, `task-api: ${file} exists and is not overwritten; choose another name\n`],
  );
  const piped = await run('export', 'users');
  assert.equal(piped.stdout, 'firstName,lastName,contactEmail\r\nJohn,Doe,john.doe@example.com\r\n');
});

test('import reports what is wrong with the command or the file, and exits with 1', async (t) => {
  const { run, write, token } = await service(t);
  const failure = async (...args: string[]) => {
    const { code, stderr } = await run('import', ...args);
    assert.equal(code, 1, stderr);
    return stderr;
  };
  assert.match(await failure('users', 'none.csv'), /there is no file none\.csv/);
  assert.match(await failure('users', write('x.dat', 'a')), /does not show the format; set it with --format/);
  assert.match(await failure('users', write('x.csv', 'a,b\n1,2\n')), /no column is a field of users/);
  assert.match(
    await failure('tasks', write('t.csv', 'taskTitle\nx\n'), '--time-zone', 'Mars'),
    /must be an IANA time zone/,
  );
  const reader = await token({ scopes: ['users:read'] });
  const file = write('users.csv', 'firstName\nx\n');
  assert.match(await failure('users', file, '--token', reader), /the token needs the scope users:write/);
});

test('--rejects does not overwrite the file that is imported, and is opened first', async (t) => {
  const { run, write, folder, api } = await service(t);
  const text = `firstName,lastName,contactEmail\nAda,L,ada@example.com\n${'No,Address,nowhere\n'.repeat(3)}`;
  const file = write('people.csv', text);
  const same = await run('import', 'users', file, '--rejects', file);
  assert.deepEqual([same.code, /--rejects would overwrite .*people\.csv; choose/.test(same.stderr)], [1, true]);
  assert.equal(readFileSync(file, 'utf8'), text);
  const unwritable = await run('import', 'users', file, '--rejects', join(folder, 'none', 'rejects.csv'));
  assert.equal(unwritable.code, 1);
  assert.match(unwritable.stderr, /^task-api: cannot write .*rejects\.csv: ENOENT.*\n$/);
  assert.deepEqual(await Array.fromAsync(api.users.list()), []);
  const full = await run('import', 'users', file, '--rejects', '/dev/full');
  assert.equal(full.code, 1);
  assert.match(full.stderr, /^task-api: cannot write \/dev\/full: ENOSPC.*\n$/m);
  assert.doesNotMatch(full.stderr, /^ {4}at /m);
});

test('without rejected rows there is no file of them, and an earlier one is kept', async (t) => {
  const { run, write, folder } = await service(t);
  const file = write('people.csv', 'firstName,lastName,contactEmail\nAda,L,ada@example.com\n');
  const rejects = join(folder, 'rejects.csv');
  assert.equal((await run('import', 'users', file, '--rejects', rejects)).code, 0);
  assert.equal(existsSync(rejects), false);
  writeFileSync(rejects, 'earlier');
  assert.equal((await run('import', 'users', file, '--rejects', rejects)).code, 0);
  assert.equal(readFileSync(rejects, 'utf8'), 'earlier');
});

test('import json-server --dry-run accepts tasks whose owners are in the file, and a byte order mark', async (t) => {
  const { run, write } = await service(t);
  const user = { id: 1, firstName: 'Ada', lastName: 'L', contactEmail: 'ada@example.com' };
  const task = { id: 1, userId: 1, taskTitle: 'Call', dueDate: '2030-01-31T00:00:00Z' };
  const file = write('db.json', `\uFEFF${JSON.stringify({ users: [user], tasks: [task] })}`);
  const { code, stdout } = await run('import', 'json-server', file, '--dry-run');
  assert.equal(code, 0);
  assert.match(stdout, /^users: 1 valid, 0 rejected, .*\ntasks: 1 valid, 0 rejected/);
});

test('a pipe with a name is another import each time', { skip: process.platform === 'win32' }, async (t) => {
  const { env, api } = await service(t);
  for (const name of ['ada', 'grace']) {
    const rows = `echo firstName,lastName,contactEmail; echo A,B,${name}@example.com`;
    const script = `"${process.execPath}" "${MAIN}" import users <(${rows}) --format csv`;
    const [code] = await once(spawn('bash', ['-c', script], { env: { ...process.env, ...env } }), 'close');
    assert.equal(code, 0, name);
  }
  assert.equal((await Array.fromAsync(api.users.list())).length, 2);
});
