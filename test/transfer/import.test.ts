import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { importApi } from '../../src/cli/import-api.ts';
import { type ExportFormat, exportRows } from '../../src/transfer/export-rows.ts';
import { type ImportApi, importRows } from '../../src/transfer/import-rows.ts';
import { readRows } from '../../src/transfer/read-rows.ts';
import type { ImportedResource } from '../../src/transfer/records.ts';
import { RejectsFile } from '../../src/transfer/rejects.ts';
import { testOnBothDatabases } from '../support/both-databases.ts';
import { type ClientApp, clientApp } from '../support/client.ts';
import fc from '../support/fast-check.ts';
import { tempFolder } from '../support/temp-folder.ts';

interface Imported {
  summary: { created: number; rejected: number };
  rejects: [line: number, field: string, reason: string][];
}

interface ImportedFile {
  resource?: ImportedResource;
  format?: ExportFormat;
  importId?: string;
  atomic?: boolean;
  api?: ImportApi;
}

async function importText({ api }: ClientApp, text: string, options: ImportedFile = {}): Promise<Imported> {
  const { resource = 'users', format = 'csv', importId = 'file', atomic = false } = options;
  const { rows } = await readRows(Readable.from([Buffer.from(text)]), {
    ...{ resource, format, mapped: new Map(), defaults: { timeZone: 'UTC' } },
    onBytes: () => undefined,
  });
  const rejects: Imported['rejects'] = [];
  const summary = await importRows({
    ...{ resource, rows, importId, atomic, api: options.api ?? importApi(api) },
    onReject: ({ line }, { field, reason }) => rejects.push([line, field, reason]),
  });
  return { summary, rejects };
}

async function exportText({ api }: ClientApp, resource: ImportedResource, format: ExportFormat): Promise<string> {
  const items = resource === 'users' ? api.users.stream() : api.tasks.stream();
  const findAddresses = async (userId: readonly number[]) => {
    const { items } = await api.users.listPage({ userId: [...userId], perPage: 100 });
    return new Map(items.map((user) => [user.userId, user.contactEmail]));
  };
  return (await Array.fromAsync(exportRows({ resource, format, items, findAddresses }))).join('');
}

const csv = (...emails: string[]) =>
  ['firstName,lastName,contactEmail', ...emails.map((email) => `A,B,${email}`)].join('\n');

test('an export is the same after an import into another service, byte for byte', async (t) => {
  const text = (max: number) =>
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: max })
      .filter((one) => /[^\s\p{White_Space}]/u.test(one) && !/[\0\p{Cs}]/u.test(one));
  const nasty = fc.constantFrom('"', 'a,b', ' x ', 'a\nb', 'a\r\nb', 'a\rb', '=1+1', 'é', '用户', '- "x";', '\tx');
  const any = (max: number) => fc.oneof(text(max), nasty);
  const users = fc.array(fc.record({ firstName: any(20), lastName: any(20) }), { minLength: 1, maxLength: 5 });
  const tasks = fc.array(
    fc.record({
      owner: fc.nat(4),
      taskTitle: any(20),
      taskDescription: fc.option(any(40)),
      dueDate: fc.constantFrom('2026-03-01T09:00Z', '2026-03-01T09:00:00.5+02:00', '0706-10-11T00:12:24.7-11:30'),
      warningOffset: fc.nat(64_000),
    }),
    { maxLength: 5 },
  );
  const [source, target] = [await clientApp(t), await clientApp(t)];
  await fc.assert(
    fc.asyncProperty(users, tasks, fc.constantFrom<ExportFormat>('csv', 'ndjson'), async (people, work, format) => {
      await Promise.all([clear(source), clear(target)]);
      const created = await source.api.users.createBatch(
        people.map((person, index) => ({ ...person, contactEmail: `User${index}@example.com` })),
      );
      const owned = work.map(({ owner, ...task }) => ({
        ...task,
        userId: created[owner % created.length]?.userId ?? 0,
      }));
      if (owned.length > 0) await source.api.tasks.createBatch(owned);
      for (const resource of ['users', 'tasks'] as const) {
        const exported = await exportText(source, resource, format);
        const importId = crypto.randomUUID();
        const { rejects } = await importText(target, exported, { resource, format, importId });
        assert.deepEqual(rejects, []);
        assert.equal(await exportText(target, resource, format), exported);
      }
    }),
    { numRuns: 20 },
  );
});

async function clear({ api }: ClientApp): Promise<void> {
  for await (const { userId } of api.users.list()) await api.users.delete(userId);
}

testOnBothDatabases('rows are created, or rejected with their line, field and reason', async (t) => {
  const app = await clientApp(t);
  const { summary, rejects } = await importText(app, csv('a@example.com', 'nothing', 'A@example.com', 'b@example.com'));
  assert.deepEqual(summary, { created: 2, rejected: 2 });
  assert.deepEqual(rejects, [
    [3, 'contactEmail', 'The field `contactEmail` must be a valid email address'],
    [4, 'contactEmail', "The `contactEmail` value 'A@example.com' is already in use."],
  ]);
  const owners = ['a@example.com', 'unknown@example.com', 'B@EXAMPLE.COM'];
  const tasks = ['ownerEmail,taskTitle,dueDate', ...owners.map((owner) => `${owner},T,2026-04-01`)].join('\n');
  const imported = await importText(app, tasks, { resource: 'tasks' });
  assert.deepEqual(imported.rejects, [[3, 'ownerEmail', 'No user has this address']]);
  const stored = await Array.fromAsync(app.api.tasks.list());
  assert.deepEqual(
    stored.map(({ userId }) => userId),
    (await Array.fromAsync(app.api.users.list())).map(({ userId }) => userId),
  );
});

testOnBothDatabases('a repeated import creates nothing twice', async (t) => {
  const app = await clientApp(t);
  await app.api.users.create({ firstName: 'A', lastName: 'B', contactEmail: 'a@example.com' });
  const rows = [
    'ownerEmail,taskTitle,dueDate',
    ...Array.from({ length: 1500 }, (_, n) => `a@example.com,T${n},2026-04-01`),
  ];
  const options = { resource: 'tasks' as const };
  // The first run is interrupted while the response to its second batch is on the way.
  const api = importApi(app.api);
  let batches = 0;
  const interrupted: ImportApi = {
    ...api,
    async create(...args) {
      const results = await api.create(...args);
      if (++batches === 2) throw new Error('interrupted');
      return results;
    },
  };
  await assert.rejects(importText(app, rows.join('\n'), { ...options, api: interrupted }), { message: 'interrupted' });
  const { summary } = await importText(app, rows.join('\n'), options);
  assert.deepEqual(summary, { created: 1500, rejected: 0 });
  assert.equal((await Array.fromAsync(app.api.tasks.stream())).length, 1500);

  // Corrected rows need a name of their own: the whole file again would create the others twice.
  const changed = rows.map((row) => row.replace(',T7,', ',Seven,')).join('\n');
  await assert.rejects(importText(app, changed, options), {
    name: 'ImportError',
    message: /^lines 2 to 1001 were imported in the last 24 hours with other content\. .* --import-id$/,
  });
});

testOnBothDatabases('with atomic, all rows are created or none', async (t) => {
  const app = await clientApp(t);
  const invalid = csv('a@example.com', 'b@example.com', 'c', 'd');
  const failed = await importText(app, invalid, { atomic: true });
  assert.deepEqual(failed.summary, { created: 0, rejected: 2 });
  assert.deepEqual(
    failed.rejects.map(([line, field]) => [line, field]),
    [
      [4, 'contactEmail'],
      [5, 'contactEmail'],
    ],
  );
  assert.deepEqual(await Array.fromAsync(app.api.users.list()), []);
  const { summary } = await importText(app, csv('a@example.com'), { atomic: true, importId: 'corrected' });
  assert.deepEqual(summary, { created: 1, rejected: 0 });
  const many = csv(...Array.from({ length: 1001 }, (_, n) => `x${n}@example.com`));
  await assert.rejects(
    importText(app, many, { atomic: true, importId: 'many' }),
    /more rows than --atomic can store at once/,
  );
  assert.equal((await Array.fromAsync(app.api.users.list())).length, 1, 'only the user from before');
});

test('the rejects are a file that can be corrected and imported', async (t) => {
  const app = await clientApp(t);
  const file = join(tempFolder(t), 'rejects.csv');
  const columns = ['firstName', 'lastName', 'contactEmail'];
  const rejects = Object.assign(new RejectsFile(file), { columns });
  const values = { firstName: 'a "b", c', lastName: 'B', contactEmail: 'nothing' };
  rejects.write({ line: 7, values, fields: {} }, { field: 'contactEmail', reason: 'It is wrong' });
  rejects.close();
  const corrected = readFileSync(file, 'utf8').replace('nothing', 'a@example.com');
  writeFileSync(file, corrected);
  assert.deepEqual((await importText(app, corrected)).summary, { created: 1, rejected: 0 });
  const [user] = await Array.fromAsync(app.api.users.list());
  assert.equal(user?.firstName, 'a "b", c');
});

test('a row that is too long for a request is rejected, and the others are imported', async (t) => {
  const app = await clientApp(t);
  // Each character takes six in JSON.
  const long = { firstName: '\u0001'.repeat(150_000), lastName: 'B', contactEmail: 'long@example.com' };
  const short = { ...long, firstName: 'A', contactEmail: 'short@example.com' };
  const text = [long, short].map((row) => JSON.stringify(row)).join('\n');
  assert.deepEqual(await importText(app, text, { format: 'ndjson' }), {
    summary: { created: 1, rejected: 1 },
    rejects: [[1, 'row', 'The row is too long for a request']],
  });
});
