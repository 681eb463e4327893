import assert from 'node:assert';
import { test } from 'node:test';
import { parseBlocks } from './markdown.ts';

test('blocks are found with their lines, languages and texts', () => {
  const markdown =
    '# Title\n\n```bash\necho one\n\n  two\n```\n\nWords with ```code``` inside.\n\n~~~json title\n{}\n~~~\n';
  assert.deepStrictEqual(parseBlocks(markdown), [
    { line: 3, language: 'bash', text: 'echo one\n\n  two', notes: [], sameSection: false },
    { line: 11, language: 'json', text: '{}', notes: [], sameSection: true },
  ]);
});

test('a longer fence holds shorter ones', () => {
  const [block, ...more] = parseBlocks('````markdown\n```bash\ntrue\n```\n<!-- test: output -->\n````\n');
  assert.deepStrictEqual(block, {
    line: 1,
    language: 'markdown',
    text: '```bash\ntrue\n```\n<!-- test: output -->',
    notes: [],
    sameSection: false,
  });
  assert.deepStrictEqual(more, []);
});

test('a block in a list loses the indentation of its fence only', () => {
  const markdown = '1. Do this:\n\n   ```bash\n   if true; then\n     echo\n\n   fi\n   ```\n\n- ```text\n  x\n  ```\n';
  assert.deepStrictEqual(
    parseBlocks(markdown).map(({ line, text }) => [line, text]),
    [
      [3, 'if true; then\n  echo\n\nfi'],
      [10, 'x'],
    ],
  );
});

test('a heading begins a section, a comment in a block does not', () => {
  const markdown = '```bash\n# x\n```\n```text\n```\n## Title\n```text\n```\n';
  assert.deepStrictEqual(
    parseBlocks(markdown).map(({ sameSection }) => sameSection),
    [false, true, false],
  );
});

test('comments belong to the block that follows, blank lines or not', () => {
  const markdown =
    '<!-- test: output -->\n\n```json\n```\n<!-- not ours -->\n  <!-- test: not run: a reason -->\n```bash\n```\n';
  assert.deepStrictEqual(
    parseBlocks(markdown).map(({ notes }) => notes),
    [['output'], ['not run: a reason']],
  );
});

test('a comment is only what stands on a line of its own', () => {
  assert.deepStrictEqual(parseBlocks('- `<!-- test: output -->` says that\n'), []);
});

for (const [what, markdown, message] of [
  ['a block that is not closed', 'x\n```bash\ntrue\n', /^line 2: this code block is not closed$/],
  ['a block in a quotation', '> ```bash\n> true\n> ```\n', /^line 1: .*quotation/],
  ['a comment that no block follows', '<!-- test: output -->\nWords.\n', /^line 2: no code block follows/],
  ['a comment at the end', '<!-- test: output -->\n', /^the end: no code block follows/],
  ['a misspelt comment', '<!--test output-->\n```json\n```\n', /^line 1: a comment for the tests reads/],
] as const) {
  test(`${what} is an error`, () => {
    assert.throws(() => parseBlocks(markdown), { message });
  });
}
