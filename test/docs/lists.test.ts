import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { DEVELOPMENT_PLAN } from '../../src/auth/token-verifier.ts';
import { loadConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { CHANGE_TYPES } from '../../src/domain/changes.ts';
import { RESOURCES, SCOPED_RESOURCES } from '../../src/domain/resources.ts';
import { SCOPES } from '../../src/domain/tokens.ts';
import { EVENT_TYPES } from '../../src/events/schema.ts';
import { ERROR_CODES } from '../../src/http/errors/error-codes.ts';
import { ERROR_RESPONSES } from '../../src/openapi/errors.ts';
import { copiedTables } from '../../src/storage/copy/tables.ts';
import { TASK_SEARCH, USER_SEARCH } from '../../src/storage/sql/search-words.ts';
import { migrate } from '../../src/storage/sqlite/migrate.ts';
import { testApp } from '../support/app.ts';
import { EMAIL_TEST_SETTINGS } from '../support/email-app.ts';
import { ROOT } from './clone.ts';
import { parseBlocks } from './markdown.ts';
import { planSteps } from './steps.ts';

function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** The cells of the table that has this heading, without the heading. */
function readTable(page: string, ...heading: string[]): string[][] {
  const lines = readPage(page).split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${heading.join(' | ')} |`));
  assert.notEqual(start, -1, `${page} has no table "${heading.join(' | ')}"`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What stands between single backticks and matches the pattern. */
function codeSpans(text: string, pattern = /^/): string[] {
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return spans.filter((span) => pattern.test(span));
}

function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}

test('docs/errors.md has every code, with its statuses', () => {
  const documented = readTable('docs/errors.md', 'status', 'code').flatMap(([statuses = '', code = '']) =>
    statuses.split(', ').map((status) => `${status} ${codeSpans(code)[0]}`),
  );
  // The document has one response for each status; that of 400 is another for each operation.
  const shared = Object.entries(ERROR_RESPONSES).map(([name, response]) => {
    const [status] = Object.entries(STATUS_CODES).find(([, text]) => text?.replaceAll(' ', '') === name) ?? [];
    const content = response.content as Record<string, { example: { code: string } }>;
    return { status, code: content['application/json']?.example.code };
  });
  const badRequests = ERROR_CODES.filter((code) => !shared.some((one) => one.code === code));
  const inCode = [
    ...shared.map(({ status, code }) => `${status} ${code}`),
    ...badRequests.map((code) => `400 ${code}`),
  ];
  assert.deepEqual(sorted(documented), sorted(inCode));
});

test('docs/configuration.md has every setting, with its flag and its default', () => {
  const sections = readPage('docs/configuration.md').split(/^### /m).slice(1);
  const documented = sections.map((section) => [
    section.split('\n')[0],
    /^- Flag: `(.*)`$/m.exec(section)?.[1],
    /^- Default: (?:unset|`(.*)`)$/m.exec(section)?.[1] ?? '',
  ]);
  const settings = Object.values(SETTINGS).map((setting) => [setting.variable, setting.flag, setting.default]);
  assert.deepEqual(documented, settings);
});

test('docs/tokens.md has every scope', () => {
  const documented = readTable('docs/tokens.md', 'scope').map(([scope = '']) => codeSpans(scope)[0]);
  assert.deepEqual(documented, SCOPES);
});

test('docs/limits.md has the plans and their limits', () => {
  const documented = readTable('docs/limits.md', 'plan').map(([plan = '', ...limits]) => [
    codeSpans(plan)[0],
    ...limits.map((limit) => (limit === '–' ? undefined : Number(limit.replaceAll(',', '')))),
  ]);
  const plans = [DEVELOPMENT_PLAN, ...loadConfig({}, {}).plans].map(([name, plan]) =>
    plan === 'unlimited' ? [name, undefined, undefined] : [name, plan.perMinute, plan.perDay],
  );
  assert.deepEqual(documented.sort(), plans.sort());
});

test('docs/audit.md has every type of an entry', () => {
  const documented = readTable('docs/audit.md', 'type', 'when').flatMap(([types = '']) => codeSpans(types));
  assert.deepEqual(sorted(documented), sorted(CHANGE_TYPES));
});

test('docs/events.md and docs/webhooks.md have every type of an event', () => {
  const [, types = ''] = readTable('docs/events.md', 'field').find(([field]) => field === '`type`') ?? [];
  assert.deepEqual(sorted(codeSpans(types)), sorted(EVENT_TYPES));
  const named = codeSpans(readPage('docs/webhooks.md')).filter((span) => (CHANGE_TYPES as string[]).includes(span));
  assert.deepEqual(sorted(named), sorted(EVENT_TYPES));
});

test('every change of a resource with scopes is an event', () => {
  const changes = SCOPED_RESOURCES.flatMap(({ name }) => RESOURCES[name].changes.map((change) => `${name}.${change}`));
  assert.deepEqual(sorted(EVENT_TYPES), sorted(changes));
});

test('docs/security.md has every table that stores something', () => {
  const db = new DatabaseSync(':memory:');
  migrate(db);
  const documented = readTable('docs/security.md', 'table', 'what').flatMap(([tables = '']) => codeSpans(tables));
  // The words are not copied. FTS5 keeps them in several tables.
  const search = [USER_SEARCH.index, TASK_SEARCH.index, 'search_rules'];
  assert.deepEqual(sorted(documented), sorted([...copiedTables(db).map(({ name }) => name), ...search]));
});

test('docs/security.md names tests that exist', () => {
  const tests = readTable('docs/security.md', 'risk').flatMap(([, , tests = '']) => codeSpans(tests));
  assert.ok(tests.length > 0);
  assert.deepEqual(
    tests.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test('docs/idempotency.md and docs/conditional-requests.md name every operation that accepts their header', async (t) => {
  const { app } = await testApp(t, { settings: EMAIL_TEST_SETTINGS });
  const { paths } = (await app.inject({ url: '/openapi.json' })).json();
  const accepting = (header: string) =>
    Object.entries(paths as Record<string, Record<string, { parameters?: { $ref?: string }[] }>>).flatMap(
      ([path, operations]) =>
        Object.entries(operations)
          .filter(([, { parameters = [] }]) => parameters.some(({ $ref }) => $ref?.endsWith(`/${header}`)))
          .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
  for (const [page, header] of [
    ['docs/idempotency.md', 'Idempotency-Key'],
    ['docs/conditional-requests.md', 'If-Match'],
  ] as const) {
    const operations = accepting(header);
    assert.ok(operations.length > 0);
    assert.deepEqual(sorted(codeSpans(readPage(page), /^[A-Z]+ \/\S+$/)), sorted(operations), page);
  }
});

test('CONTRIBUTING.md names the blocks that the tests do not run', () => {
  const skipped = globSync(['README.md', 'client/README.md', 'docs/**/*.md'], { cwd: ROOT }).flatMap((page) =>
    planSteps(parseBlocks(readPage(page))).flatMap((step) => (step.kind === 'skip' ? [`${page}: ${step.reason}`] : [])),
  );
  const documented = readTable('CONTRIBUTING.md', 'page', 'reason').map(
    ([link = '', reason]) => `${/\((.*)\)/.exec(link)?.[1]}: ${reason}`,
  );
  assert.deepEqual(documented.sort(), sorted(skipped));
});
