import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { stringify } from 'csv-stringify/sync';
import { type Format, readRows } from '../../src/transfer/read-rows.ts';
import type { ImportedResource, ImportRow } from '../../src/transfer/records.ts';
import fc from '../support/fast-check.ts';

interface Options {
  resource?: ImportedResource;
  format?: Format;
  mapped?: Record<string, string>;
  owner?: string;
  timeZone?: string;
  /** How many bytes arrive at once. */
  chunk?: number;
}

async function read(content: string | Buffer, options: Options = {}): Promise<ImportRow[]> {
  const { resource = 'users', format = 'csv', mapped = {}, owner, timeZone = 'UTC', chunk = 7 } = options;
  const bytes = Buffer.from(content);
  const chunks: Buffer[] = [];
  for (let i = 0; i < bytes.length; i += chunk) chunks.push(bytes.subarray(i, i + chunk));
  const { rows } = await readRows(Readable.from(chunks), {
    ...{ resource, format, mapped: new Map(Object.entries(mapped)), defaults: { owner, timeZone } },
    onBytes: () => undefined,
  });
  return Array.fromAsync(rows);
}

const fieldsOf = (rows: ImportRow[]) => rows.map(({ fields }) => fields);
const linesOf = (rows: ImportRow[]) => rows.map(({ line }) => line);

test('CSV of any values and delimiters is read as it was written, with the right lines', async () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\r', '\n'));
  const row = fc.record({ first: cell, last: cell.filter((text) => text !== ''), email: cell });
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      async (rows, delimiter, end, bom, chunk) => {
        const values = rows.map(({ first, last, email }) => [first, last, email]);
        const text = stringify([['First Name', 'last_name', 'E-mail'], ...values], {
          delimiter,
          record_delimiter: end,
          quoted: true,
        });
        const found = await read((bom ? '\uFEFF' : '') + text, { mapped: { 'E-mail': 'contactEmail' }, chunk });
        const expected = rows.map(({ first, last, email }) => ({
          ...(first !== '' && { firstName: first }),
          lastName: last,
          ...(email !== '' && { contactEmail: email }),
        }));
        assert.deepEqual(fieldsOf(found), expected);
        let line = 2;
        for (const [index, { first, last, email }] of rows.entries()) {
          assert.equal(found[index]?.line, line);
          line += 1 + [...first, ...last, ...email].filter((character) => character === '\n').length;
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('lines of JSON are read whatever the parts they arrive in; fields of the service are left out', async () => {
  const text = '{"userId":7,"firstName":"Ada","_line":3}\r\n\n{"firstName":"Grace é"}';
  for (let chunk = 1; chunk < 20; chunk++) {
    const rows = await read(text, { format: 'ndjson', chunk });
    assert.deepEqual(fieldsOf(rows), [{ firstName: 'Ada' }, { firstName: 'Grace é' }]);
    assert.deepEqual(linesOf(rows), [1, 3]);
  }
});

test('cells of tasks become numbers and times', async () => {
  const csv =
    'ownerEmail,taskTitle,dueDate,warningOffset\na@b.example,One,2026-03-01,30\na@b.example,Two,2026-03-01 09:30,x\n';
  assert.deepEqual(fieldsOf(await read(csv, { resource: 'tasks', timeZone: 'Europe/Berlin' })), [
    { ownerEmail: 'a@b.example', taskTitle: 'One', dueDate: '2026-02-28T23:00:00Z', warningOffset: 30 },
    { ownerEmail: 'a@b.example', taskTitle: 'Two', dueDate: '2026-03-01T08:30:00Z', warningOffset: 'x' },
  ]);
  const withoutOwner = 'taskTitle,dueDate\nOne,2026-03-01T09:00:00+02:00\nTwo,2026-02-30\n';
  assert.deepEqual(fieldsOf(await read(withoutOwner, { resource: 'tasks', owner: '7' })), [
    { userId: 7, taskTitle: 'One', dueDate: '2026-03-01T09:00:00+02:00', warningOffset: 0 },
    { userId: 7, taskTitle: 'Two', dueDate: '2026-02-30', warningOffset: 0 },
  ]);
});

test('exports of Todoist are read: tasks only', async () => {
  const csv = [
    'TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE,DURATION,DURATION_UNIT',
    'section,Home,,,,,,,,,,',
    'task,Call the bank,About the loan,1,1,Ada (1),,2026-03-02,en,America/New_York,,',
    'task,Water the plants,,4,1,Ada (1),,every day,en,UTC,,',
    'task,Dream,,4,1,Ada (1),,,,,,',
    ',,,,,,,,,,,',
  ].join('\n');
  const rows = await read(csv, { resource: 'tasks', format: 'todoist', owner: 'ada@example.com' });
  assert.deepEqual(fieldsOf(rows)[0], {
    ownerEmail: 'ada@example.com',
    taskTitle: 'Call the bank',
    taskDescription: 'About the loan',
    dueDate: '2026-03-02T05:00:00Z',
    warningOffset: 0,
  });
  assert.deepEqual(
    rows.map(({ line, problem }) => [line, problem?.reason]),
    [
      [3, undefined],
      [4, "The date 'every day' is not a date such as 2030-01-31"],
      [5, 'The row has no due date'],
    ],
  );
  await assert.rejects(read('a,b\n1,2\n', { resource: 'tasks', format: 'todoist' }), /has no column TYPE/);
});

test('exports of Outlook, with the tasks of Microsoft To Do, are read', async () => {
  const csv =
    '"Subject","Start Date","Due Date","% Complete","Notes","Status"\n"Call","","3/2/2026","0","Loan","Waiting on someone else"\n';
  assert.deepEqual(fieldsOf(await read(csv, { resource: 'tasks', format: 'microsoft-to-do', owner: '7' })), [
    {
      ...{ userId: 7, taskTitle: 'Call', taskDescription: 'Loan', taskStatus: 'BLOCKED' },
      ...{ dueDate: '2026-03-02T00:00:00Z', warningOffset: 0 },
    },
  ]);
});

const UNREADABLE: [why: string, content: string | Buffer, options: Options, message: RegExp][] = [
  ['empty', '', {}, /the file is empty/],
  ['not UTF-8', Buffer.from([0x61, 0xe9, 0x0a]), {}, /not UTF-8/],
  ['cut in a character', Buffer.from([0x61, 0xc3]), {}, /not UTF-8/],
  ['a column twice', 'firstName,firstName\na,b\n', {}, /the column firstName is there twice/],
  ['two columns of one field', 'firstName,First name\na,b\n', {}, /two columns are firstName; name the right one/],
  ['no known column', 'a,b\n1,2\n', {}, /no column is a field of users/],
  ['a mapped column that is not there', 'firstName\na\n', { mapped: { x: 'lastName' } }, /there is no such column/],
  ['a mapped field that is not there', 'firstName,x\na,b\n', { mapped: { x: 'age' } }, /users have no field age/],
  ['an open quote', `firstName\n"a\n${'x\n'.repeat(10)}`, {}, /not CSV after line 1: Quote Not Closed/],
  ['a very long row', `firstName\n"${'x'.repeat(1_100_000)}`, { chunk: 65536 }, /longer than 1 MB; is a quote missing/],
  ['not JSON', '{"firstName":"a"}\nfirstName,lastName\n', { format: 'ndjson' }, /line 2 is not JSON/],
  ['a very long line', 'x'.repeat(1_200_000), { format: 'ndjson', chunk: 65536 }, /line 1 is longer than 1 MB/],
  ['a map without columns', '{}', { format: 'ndjson', mapped: { a: 'firstName' } }, /--map is for the columns of CSV/],
  ['not an object', '[1]\n', { format: 'ndjson' }, /line 1 is not a JSON object/],
];

for (const [why, content, options, message] of UNREADABLE) {
  test(`a file that cannot be read is reported: ${why}`, async () => {
    await assert.rejects(read(content, options), { name: 'ImportError', message });
  });
}

test('a mapped column goes before one with the name of the field', async () => {
  const rows = await read('firstName,Nickname\nAugusta,Ada\n', { mapped: { Nickname: 'firstName' } });
  assert.deepEqual(fieldsOf(rows), [{ firstName: 'Ada' }]);
});

test('columns without a name are left out, as spreadsheets write them', async () => {
  assert.deepEqual(fieldsOf(await read('firstName,,\nAda,x,\n')), [{ firstName: 'Ada' }]);
});
