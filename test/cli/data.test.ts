import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import type { TObject } from 'typebox';
import { FIELD_FLAGS, FILTER_FLAGS } from '../../src/cli/data-fields.ts';
import { createProgram, EXIT_CODES } from '../../src/cli/program.ts';
import { NewTaskSchema, TaskListParameters } from '../../src/tasks/schema.ts';
import { EXPORT_FORMATS } from '../../src/transfer/export-rows.ts';
import { FORMATS } from '../../src/transfer/read-rows.ts';
import { NewUserSchema, UserListParameters } from '../../src/users/schema.ts';
import { testApp } from '../support/app.ts';
import { runCli } from '../support/cli.ts';
import { JOHN, REPORT } from '../support/examples.ts';
import { findFreePort } from '../support/free-port.ts';
import { runProgram } from '../support/run-program.ts';
import { MAIN } from '../support/server-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A service, and a function that runs a command against it with an administrator's token. */
async function service(t: TestContext) {
  const tested = await testApp(t);
  const url = await tested.app.listen({ host: '127.0.0.1', port: 0 });
  const env = { TASK_API_URL: url, TASK_API_TOKEN: await tested.token(), TZ: 'Europe/Berlin' };
  return { ...tested, env, run: (...args: string[]) => runCli(args, env) };
}

const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('the flags of the data commands are the fields and parameters of the API', () => {
  const names = ({ properties }: TObject, omitted: string[]) =>
    Object.keys(properties)
      .filter((name) => !omitted.includes(name))
      .map((name) => name.replace(/^_/, ''));
  const flags = (list: readonly { name: string }[]) => list.map(({ name }) => name);
  const paging = ['_page', '_perPage', '_cursor'];
  assert.deepEqual(flags(FIELD_FLAGS.users), names(NewUserSchema, ['userId']));
  assert.deepEqual(flags(FIELD_FLAGS.tasks), names(NewTaskSchema, ['taskId']));
  assert.deepEqual(flags(FILTER_FLAGS.users).sort(), names(UserListParameters, paging).sort());
  assert.deepEqual(flags(FILTER_FLAGS.tasks).sort(), names(TaskListParameters, paging).sort());
});

test('the formats of import and export are those that are implemented', () => {
  const find = (name: string, what: string) =>
    createProgram()
      .commands.find((command) => command.name() === name)
      ?.commands.find((command) => command.name() === what)
      ?.options.find(({ long }) => long === '--format')?.argChoices;
  assert.deepEqual(find('import', 'tasks'), [...FORMATS]);
  assert.deepEqual(find('export', 'tasks'), [...EXPORT_FORMATS]);
  assert.deepEqual(
    EXIT_CODES.map(([code]) => code),
    [0, 1, 2],
  );
});

test('create, get, update, list and delete print JSON in a pipe', async (t) => {
  const { run } = await service(t);
  const user = await run(
    'users',
    'create',
    '--first-name',
    'Ada',
    '--last-name',
    'L',
    '--contact-email',
    'a@b.example',
  );
  assert.deepEqual(lines(user.stdout), [{ userId: 1, firstName: 'Ada', lastName: 'L', contactEmail: 'a@b.example' }]);
  const title = ['--task-title', 'Call', '--task-description', 'x'];
  const task = await run('tasks', 'create', '--user-id', '1', ...title, '--due-date', '2030-01-31');
  const created = { taskId: 1, userId: 1, taskTitle: 'Call', taskDescription: 'x', taskStatus: 'NOT_STARTED' };
  assert.deepEqual(lines(task.stdout), [{ ...created, dueDate: '2030-01-30T23:00:00Z', warningOffset: 0 }]);

  const updated = await run('tasks', 'update', '1', '--task-status', 'BLOCKED', '--task-description', '');
  const { taskDescription, ...rest } = created;
  const now = { ...rest, taskStatus: 'BLOCKED', dueDate: '2030-01-30T23:00:00Z', warningOffset: 0 };
  assert.deepEqual(lines(updated.stdout), [now]);
  assert.deepEqual(lines((await run('tasks', 'get', '1')).stdout), [now]);
  assert.deepEqual(lines((await run('tasks', 'list', '--json', '--task-status', 'BLOCKED,DEFERRED')).stdout), [[now]]);
  assert.equal((await run('tasks', 'list', '--due-before', '2030-01-31')).stdout, '', 'in local time');
  const removed = await run('tasks', 'delete', '1');
  assert.deepEqual([removed.code, removed.stderr], [0, 'Task 1 is deleted.\n']);
});

test('a list is complete in a pipe, and limited by --limit', async (t) => {
  const { run, post } = await service(t);
  const users = Array.from({ length: 120 }, (_, n) => ({ ...JOHN, contactEmail: `john${n}@example.com` }));
  await post('/users/batch', { users });
  assert.equal(lines((await run('users', 'list')).stdout).length, 120);
  const some = await run('users', 'list', '--limit', '3', '--sort', '-userId', '--search', 'john');
  assert.deepEqual(
    lines(some.stdout).map(({ userId }) => userId),
    [120, 119, 118],
  );
});

test('a terminal shows tables, without what could change the terminal', async (t) => {
  const { env, post } = await service(t);
  await post('/users', JOHN);
  await post('/tasks', { ...REPORT, taskTitle: 'Call 东京 \u001b[31mnow', taskStatus: 'COMPLETED' });
  const onTerminal = async (command: string, more: Record<string, string> = {}) => {
    const program = `${process.execPath} ${MAIN} ${command}`;
    const variables = Object.entries({ ...env, ...more }).map(([name, value]) => `${name}=${value}`);
    // Node.js uses no colors in an unknown continuous integration.
    const stdout = await runProgram('env', ['-u', 'CI', ...variables, 'script', '-qec', program, '/dev/null']);
    return stdout.replaceAll('\r\n', '\n');
  };
  const table = await onTerminal('tasks list', { NO_COLOR: '1' });
  assert.match(table, /^ID {2}OWNER {2}TITLE +STATUS +DUE +WARNING\n1 +1 +Call 东京 now +COMPLETED +2026/m);
  assert.ok(!table.includes('\u001b['), table);
  assert.ok((await onTerminal('tasks list')).includes('\u001b[32mCOMPLETED\u001b[39m'));
  assert.match(await onTerminal('whoami'), /^token +1\nscopes +admin\nplan +unlimited\ndata +all users and tasks$/m);
});

test('errors say what to do next, and exit with 1', async (t) => {
  const { run, env, token } = await service(t);
  const failure = async (...args: string[]) => {
    const { code, stderr } = await run(...args);
    assert.equal(code, 1, args.join(' '));
    return stderr;
  };
  assert.match(
    await failure('users', 'get', '7'),
    /^task-api: The requested resource could not be found \(RESOURCE_NOT_FOUND/,
  );
  assert.match(
    await failure('users', 'create', '--first-name', 'x'),
    /The `lastName` field is required; contactEmail: Is/,
  );
  assert.match(await failure('tasks', 'update', '1'), /nothing to change; set at least one field/);
  assert.match(await failure('tasks', 'list', '--task-status', 'DONE'), /must be one of NOT_STARTED, IN_PROGRESS/);
  assert.match(await failure('whoami', '--token', 'wrong'), /does not accept the token\. Set TASK_API_TOKEN/);
  const reader = await token({ scopes: ['tasks:read'] });
  assert.match(await failure('users', 'list', '--token', reader), /the token needs the scope users:read/);
  const { code, stderr } = await runCli(['whoami'], { TASK_API_URL: env.TASK_API_URL });
  assert.deepEqual([code, stderr.includes('--token')], [1, true]);
});

test('an unreachable service is reported', async () => {
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const { code, stderr } = await runCli(['whoami', '--url', url, '--token', 'x']);
  assert.equal(code, 1);
  assert.match(stderr, /cannot reach http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED\. Start the service, or set --url\n$/);
});

test('events follow prints events as they happen; --watch shows a list again after each change', async (t) => {
  const { env, post } = await service(t);
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(async () => {
      const exited = once(child, 'exit');
      if (child.kill('SIGKILL')) await exited;
    });
    return createInterface(child.stdout)[Symbol.asyncIterator]();
  };
  const events = start('events', 'follow', '--after', '0');
  const lists = start('users', 'list', '--watch');
  assert.equal((await lists.next()).value, '[]');
  await post('/users', JOHN);
  assert.deepEqual(JSON.parse(String((await lists.next()).value)), [{ userId: 1, ...JOHN }]);
  assert.equal(JSON.parse(String((await events.next()).value)).type, 'user.created');
});

/** What is completed: the words after the command, and what is offered. */
const COMPLETIONS: [words: string[], offered: string[]][] = [
  [['us'], ['users']],
  [['tasks', 'l'], ['list']],
  [
    ['tasks', 'list', '--due'],
    ['--due-after', '--due-before'],
  ],
  [['import', 'tasks', '--format', 'micro'], ['microsoft-to-do']],
  [['users', 'get', '7', '--j'], ['--json']],
];

/** Prints what a shell offers, one a line: the script is in the file `$SCRIPT`. */
const OFFERED: Record<string, (words: string[]) => string> = {
  bash: (words) =>
    `source "$SCRIPT"; COMP_WORDS=(task-api ${words.join(' ')}); COMP_CWORD=${words.length}; _task_api; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // What zsh runs when the key is pressed, without the key.
  zsh: (words) =>
    `source "$SCRIPT"; words=(task-api ${words.join(' ')}); CURRENT=${words.length + 1}; COMP_WORDS=($words); ` +
    `COMP_CWORD=${words.length}; compgen -F _task_api -- ${words.at(-1)}`,
  fish: (words) => `source "$SCRIPT"; complete -C 'task-api ${words.join(' ')}'`,
};

for (const [shell, offered] of Object.entries(OFFERED)) {
  test(`the completion of ${shell} offers commands, flags and choices`, async (t) => {
    if (spawnSync(shell, ['-c', 'true']).error !== undefined) {
      assert.ok(!process.env.CI, `${shell} is required`);
      t.skip(`${shell} is not installed`);
      return;
    }
    const folder = tempFolder(t);
    const script = join(folder, 'script');
    writeFileSync(script, (await runCli(['completion', shell])).stdout);
    for (const [words, expected] of COMPLETIONS) {
      const args = [
        `SCRIPT=${script}`,
        `HOME=${folder}`,
        shell,
        ...(shell === 'zsh' ? ['-f'] : []),
        '-c',
        offered(words),
      ];
      const stdout = await runProgram('env', args);
      const names = stdout
        .trim()
        .split('\n')
        .map((line) => line.split('\t')[0] ?? '');
      // zsh itself leaves out what does not begin with the last word.
      const shown = shell === 'zsh' ? names.filter((name) => name.startsWith(words.at(-1) ?? '')) : names;
      assert.deepEqual(shown, expected, words.join(' '));
    }
  });
}

test('a closed pipe ends a command quietly', async (t) => {
  const { run, env } = await service(t);
  await run('users', 'create', '--first-name', 'Ada', '--last-name', 'L', '--contact-email', 'ada@example.com');
  for (const args of [
    ['users', 'list'],
    ['export', 'users'],
    ['events', 'follow', '--after', '0'],
  ]) {
    const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (data) => (stderr += data));
    const [code] = await once(child, 'close');
    assert.deepEqual([code, stderr], [0, ''], args.join(' '));
  }
});

test('delete names the IDs that do not exist, and deletes the others', async (t) => {
  const { run } = await service(t);
  await run('users', 'create', '--first-name', 'Ada', '--last-name', 'L', '--contact-email', 'ada@example.com');
  const { code, stderr } = await run('users', 'delete', '7', '1');
  assert.deepEqual([code, stderr], [1, 'User 7 does not exist.\nUser 1 is deleted.\n']);
});

test('an address that is none and a token that cannot be sent are reported, without the token', async () => {
  const url = await runCli(['whoami', '--url', 'localhost:3000', '--token', 'x']);
  assert.deepEqual([url.code, /It must be a URL, such as http:\/\/localhost:3000/.test(url.stderr)], [1, true]);
  const token = await runCli(['whoami', '--token', 'secret→']);
  assert.deepEqual([token.code, /has characters that no token has/.test(token.stderr)], [1, true]);
  assert.doesNotMatch(token.stderr, /secret/);
});
