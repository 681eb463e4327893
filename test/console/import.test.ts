import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessColumns } from '../../console/src/transfer/columns.ts';
import { type CsvError, readCsv, readCsvFile, writeCsv } from '../../console/src/transfer/csv.ts';
import { planImport } from '../../console/src/transfer/plan.ts';
import { sendImport, writeRejects } from '../../console/src/transfer/send.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { clientApp } from '../support/client.ts';
import fc from '../support/fast-check.ts';

const DATES = {
  now: Date.parse('2026-11-26T09:20:30Z'),
  timeZone: 'Europe/Berlin',
  defaultTime: 1020,
  monthFirst: false,
};

test('CSV is read with the line of each row', async () => {
  const { columns, rows } = await readCsv('\ufeffTitle;;Notes\r\n"a;""b""";x;"two\nlines"\r\n\r\nc\r\n');
  assert.deepEqual(columns, ['Title', 'Notes']);
  assert.deepEqual(rows, [
    { line: 2, cells: { Title: 'a;"b"', Notes: 'two\nlines' } },
    { line: 5, cells: { Title: 'c', Notes: '' } },
  ]);
});

test('what is not CSV is rejected with the reason', async () => {
  const problem = (text: string) => readCsv(text).catch((error: CsvError) => [error.problem, error.subject]);
  assert.deepEqual(await problem(''), ['empty', undefined]);
  assert.deepEqual(await problem('a,b\n'), ['noRows', undefined]);
  assert.deepEqual(await problem('a,a\n1,2\n'), ['repeatedColumn', 'a']);
  assert.equal(((await problem('a,b\n1,"2\n3,4\n')) as unknown[])[0], 'unclosedQuote');
  await assert.rejects(readCsvFile(new Blob([new Uint8Array([0x61, 0xff])])), { problem: 'notUtf8' });
  await assert.rejects(readCsvFile(new Blob([new Uint8Array(17 * 1024 * 1024)])), { problem: 'tooLarge', subject: 17 });
});

test('what is written as CSV is read again', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', ',', ';', '"', '\n', '\r', '\t', ' ', '=', 'ß') });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.constant('x'), cell, cell), { minLength: 1 }), async (rows) => {
      const { rows: again } = await readCsv(await writeCsv(['first', 'second', 'third'], rows));
      assert.deepEqual(
        again.map(({ cells }) => [cells.first, cells.second, cells.third]),
        rows,
      );
    }),
  );
});

test('the field of a column is guessed from its name and content', async () => {
  const guess = async (text: string) => guessColumns('tasks', await readCsv(text));
  assert.deepEqual(
    await guess('Task title,Notes,State,Due date,Owner,Phone\na,b,open,2030-01-01,ada@example.com,1\n'),
    {
      'Task title': 'taskTitle',
      Notes: 'taskDescription',
      State: 'taskStatus',
      'Due date': 'dueDate',
      Owner: 'ownerEmail',
    },
  );
  assert.deepEqual(await guess('Aufgabe\tFällig am\tOwner\na\t3.12.\t7\n'), {
    Aufgabe: 'taskTitle',
    'Fällig am': 'dueDate',
    Owner: 'userId',
  });
  assert.deepEqual(await guess('name,taskTitle\na,b\n'), { taskTitle: 'taskTitle' });
  assert.deepEqual(guessColumns('users', await readCsv('Vorname,Name,E-Mail\na,b,c\n')), {
    Vorname: 'firstName',
    Name: 'lastName',
    'E-Mail': 'contactEmail',
  });
});

test('a plan converts cells and names what is invalid', async () => {
  const table = await readCsv(
    'title,status,due,warn,owner\n' +
      'One,In progress,2030-01-31,30,ada@example.com\n' +
      'Two,done,3.12. 9,,\n' +
      ',someday,whenever,x,\n',
  );
  const plan = planImport('tasks', table, guessColumns('tasks', table), { userId: 7, dates: DATES });
  assert.deepEqual(
    plan.map(({ body, ownerEmail }) => ({ ...body, ownerEmail })),
    [
      {
        ...{ taskTitle: 'One', taskStatus: 'IN_PROGRESS', dueDate: '2030-01-31T17:00:00+01:00', warningOffset: 30 },
        ownerEmail: 'ada@example.com',
      },
      {
        ...{ taskTitle: 'Two', taskStatus: 'COMPLETED', dueDate: '2026-12-03T09:00:00+01:00', warningOffset: 0 },
        ...{ userId: 7, ownerEmail: undefined },
      },
      { taskStatus: 'SOMEDAY', dueDate: 'whenever', warningOffset: 'x', userId: 7, ownerEmail: undefined },
    ],
  );
  assert.deepEqual(
    plan.map(({ problems }) => problems.map(({ field, reason }) => `${field}: ${reason}`)),
    [
      [],
      [],
      ['taskTitle: Is required', 'taskStatus: Invalid value', 'dueDate: Invalid format', 'warningOffset: Invalid type'],
    ],
  );
});

testOnBothDatabases('an import creates rows in batches and returns the rejected ones as CSV', async (t) => {
  const { api } = await clientApp(t);
  const people = await readCsv(
    'First name,Last name,Email\nAda,Lovelace,ada@example.com\nBad,,bad\nZoë,M,ADA@example.com\n',
  );
  const users = planImport('users', people, guessColumns('users', people), { dates: DATES });
  const first = await sendImport(api, 'users', users);
  assert.equal(first.ids.length, 1);
  assert.equal(
    await writeRejects(people, first.rejected),
    'First name,Last name,Email,_line,_field,_reason\n' +
      'Bad,,bad,3,"lastName, contactEmail",The `lastName` field is required.; The field `contactEmail` must be a valid email address\n' +
      "Zoë,M,ADA@example.com,4,contactEmail,The `contactEmail` value 'ADA@example.com' is already in use.\n",
  );

  const lines = Array.from(
    { length: 1500 },
    (_, i) => `Task ${i},2030-01-31,${i === 7 ? 'x@example.com' : 'Ada@Example.com'}`,
  );
  const table = await readCsv(`title,due,owner\n${lines.join('\n')}\n`);
  const plan = planImport('tasks', table, guessColumns('tasks', table), { dates: DATES });
  const progress: number[] = [];
  const { ids, rejected } = await sendImport(api, 'tasks', plan, { onProgress: (done) => progress.push(done) });
  assert.equal(ids.length, 1499);
  assert.deepEqual(progress, [1, 1001, 1500]);
  assert.deepEqual(
    rejected.map(({ line, problems }) => [line, problems[0]?.message]),
    [[9, "No user has the address 'x@example.com'"]],
  );
  const { items, total } = await api.tasks.listPage({ sort: '-taskId', perPage: 1 }, { count: true });
  assert.equal(total, 1499);
  assert.equal(items[0]?.taskTitle, 'Task 1499');
  assert.equal(items[0]?.userId, first.ids[0]);
});
