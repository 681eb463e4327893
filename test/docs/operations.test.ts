import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testApp } from '../support/app.ts';
import { ROOT } from './clone.ts';
import { readLogMessages } from './log-messages.ts';

const PAGE = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
const LEVELS = { info: 30, warn: 40, error: 50, fatal: 60 };

/** The first cells of the table after a heading, up to the next heading. */
function rowsAfter(heading: string): string[][] {
  const section = PAGE.split(`\n${heading}\n`)[1]?.split(/^#/m)[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) => row.split(' | ').map((cell) => cell.replace(/^\| |\s*\|$/g, '')));
}

test('docs/operations.md has every log message of level 40 and above, with its level', () => {
  const documented = rowsAfter('### Log messages').map(([message, level]) => `${message} ${level}`);
  const logged = readLogMessages()
    .filter(({ level }) => LEVELS[level] >= LEVELS.warn)
    .map(({ level, message }) => `\`${message}\` ${LEVELS[level]}`);
  assert.ok(logged.length > 20);
  assert.deepEqual(documented.sort(), [...new Set(logged)].sort());
});

test('docs/operations.md has every field of the line of a request', async (t) => {
  const { app, request, token, log } = await testApp(t);
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await request({ url: '/users', headers: { traceparent } });
  await request({ url: '/users', method: 'POST', token: await token({ scopes: ['users:read'] }), payload: {} });
  await app.close();
  const lines = log.filter(({ msg }) => msg === 'request');
  assert.equal(lines.length, 2);
  // A JWT without a user has it.
  const fields = new Set([...lines.flatMap(Object.keys), 'denied']);
  const documented = rowsAfter('## Log').flatMap(([names = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
  );
  assert.deepEqual(documented.sort(), [...fields].sort());
});
