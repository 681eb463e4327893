import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { RE2JS } from 're2js';
import { ONE_LINE } from '../../src/formats/text.ts';
import { PORTABLE_PATTERNS } from '../../src/openapi/portable-patterns.ts';
import fc from '../support/fast-check.ts';
import { getDocument, type Json } from './get-document.ts';

/** Every `pattern` of the document, wherever it is. */
async function patternsOf(t: TestContext): Promise<string[]> {
  const { document } = await getDocument(t);
  const found = new Set<string>();
  const walk = (node: Json): void => {
    if (typeof node !== 'object' || node === null) return;
    if (typeof node.pattern === 'string') found.add(node.pattern);
    for (const child of Object.values(node)) walk(child);
  };
  walk(document);
  for (const { pattern } of PORTABLE_PATTERNS.values()) assert.ok(found.has(pattern), `${pattern} is not published`);
  return [...found];
}

/** Runs a Python program with JSON as its input, and returns what it prints. Undefined without Python, except in CI. */
function python(t: TestContext, program: string, input: unknown): string | undefined {
  // Not as UTF-8, which has no lone surrogates: JSON.stringify escapes those, and Python reads them.
  const { status, stdout, stderr, error } = spawnSync('python3', ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
  });
  if (error !== undefined) {
    assert.ok(!process.env.CI, 'CI must compile the patterns with Python, and there is no python3');
    t.skip('THE PATTERNS WERE NOT COMPILED WITH PYTHON: there is no python3');
    return undefined;
  }
  assert.equal(status, 0, stderr);
  return stdout;
}

test('every published pattern compiles in JavaScript, with and without u', async (t) => {
  for (const pattern of await patternsOf(t)) {
    assert.ok(new RegExp(pattern));
    assert.ok(new RegExp(pattern, 'u'));
  }
});

test('every published pattern compiles in RE2', async (t) => {
  for (const pattern of await patternsOf(t)) assert.ok(RE2JS.compile(pattern));
});

test('every published pattern compiles in Python', async (t) => {
  const program = 'import json, re, sys\nfor pattern in json.load(sys.stdin): re.compile(pattern)';
  python(t, program, await patternsOf(t));
});

/** White space as one engine or another sees it, and characters beside it. */
const EDGES = [
  ...['\t', '\n', '\v', '\f', '\r', '\x1b', '\x1c', '\x1d', '\x1e', '\x1f', ' ', '!', '\x7f', '\x84', '\x85', '\x86'],
  ...['\xa0', '\xa1', '\u1680', '\u180e', '\u2000', '\u200a', '\u200b', '\u2028', '\u2029', '\u202f', '\u205f'],
  ...['\u2060', '\u3000', '\ufeff', '\0', '\ud800', 'a', '😀'],
];
const text = fc.oneof(
  fc.array(fc.constantFrom(...EDGES), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
);
const TEXTS = [...EDGES, ...fc.sample(text, { numRuns: 3_000, seed: 1 })];

for (const [exact, { pattern }] of PORTABLE_PATTERNS) {
  test(`what ${exact} accepts, ${pattern} accepts in every language, in part or as a whole`, (t) => {
    const accepted = TEXTS.filter((one) => new RegExp(exact, 'u').test(one));
    assert.ok(accepted.length > 500 && accepted.includes('\u200b'));
    assert.equal(accepted.includes('\x1c'), exact !== ONE_LINE);
    for (const one of accepted) {
      const shown = JSON.stringify(one);
      assert.match(one, new RegExp(pattern), shown);
      assert.match(one, new RegExp(pattern, 'u'), shown);
      assert.match(one, new RegExp(`^(?:${pattern})$`), shown);
      assert.ok(RE2JS.compile(pattern).matcher(one).find(), shown);
      assert.ok(RE2JS.compile(pattern).matches(one), shown);
    }
    const program =
      'import json, re, sys\npattern, texts = json.load(sys.stdin)\n' +
      'print(json.dumps([t for t in texts if not (re.search(pattern, t) and re.fullmatch(pattern, t))]))';
    const rejected = python(t, program, [pattern, accepted]);
    if (rejected !== undefined) assert.deepEqual(JSON.parse(rejected), []);
  });
}

test('the published patterns still reject U+0000 and blank names', () => {
  const [text, visible, oneLine] = [...PORTABLE_PATTERNS.values()].map(({ pattern }) => new RegExp(pattern));
  assert.doesNotMatch('a\0b', text as RegExp);
  for (const blank of ['', ' ', '\t\n', '\xa0\x85', 'a\0b']) assert.doesNotMatch(blank, visible as RegExp);
  for (const forged of ['', ' ', 'a\nb', 'a\x1b', 'a\x85']) assert.doesNotMatch(forged, oneLine as RegExp);
});

test('the rules that a published pattern does not hold are in the description', async (t) => {
  const { document } = await getDocument(t);
  const { firstName } = document.components.schemas.NewUser.properties;
  assert.equal(
    firstName.description,
    'First name. At least one character is not Unicode white space. U+0000 and lone surrogates are not allowed.',
  );
});
