import assert from 'node:assert';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { tempFolder } from '../support/temp-folder.ts';
import { ROOT } from './clone.ts';
import { checkScript } from './commands-apart.ts';
import { DocumentRun } from './document.ts';
import { parseBlocks } from './markdown.ts';
import { planSteps } from './steps.ts';

const CREATE = `curl -X POST http://localhost:3000/users -H "Authorization: Bearer your-token-here" \\
  -H "Content-Type: application/json" \\
  -d '{"firstName": "John", "lastName": "Doe", "contactEmail": "john.doe@example.com"}'`;
const JOHN = '{"userId":1,"firstName":"John","lastName":"Doe","contactEmail":"john.doe@example.com"}';

/** A document of these blocks, each after its comment for the tests if it has one. */
function document(...blocks: [language: string, text: string, note?: string][]): string {
  return blocks
    .map(([language, text, note]) => `${note ? `<!-- test: ${note} -->\n\n` : ''}\`\`\`${language}\n${text}\n\`\`\`\n`)
    .join('\nSome words.\n\n');
}

/** What became of each block: `passed`, `skipped: …` or `failed: …`. */
async function outcomes(t: TestContext, markdown: string, env = process.env): Promise<string[]> {
  const run = new DocumentRun(env);
  t.after(() => run.stop());
  const results: string[] = [];
  for (const step of planSteps(parseBlocks(markdown))) {
    try {
      const skipped = await run.take(step, t.signal);
      results.push(skipped === undefined ? 'passed' : `skipped: ${skipped}`);
    } catch (error) {
      results.push(`failed: ${(error as Error).message}`);
    }
  }
  return results;
}

async function assertOutcomes(t: TestContext, markdown: string, ...expected: (string | RegExp)[]): Promise<void> {
  const results = await outcomes(t, markdown);
  assert.strictEqual(results.length, expected.length, results.join('\n'));
  for (const [index, one] of expected.entries()) {
    if (typeof one === 'string') assert.strictEqual(results[index], one);
    else assert.match(results[index] ?? '', one);
  }
}

describe('running blocks', { concurrency: true }, () => {
  test('bash, JavaScript and the token command share one server and its store', async (t) => {
    const javascript = `const response = await fetch('http://localhost:3000/users/1', {
      headers: { Authorization: 'Bearer your-token-here' },
    });
    console.log(await response.text());`;
    const markdown = document(
      ['bash', CREATE],
      ['javascript', javascript],
      ['json', JOHN, 'output'],
      ['bash', 'TOKEN=$(npx task-api token create --name docs --scope users:read)'],
      ['bash', 'curl -H "Authorization: Bearer $TOKEN" http://localhost:3000/users/1'],
      ['json', JOHN, 'output'],
    );
    await assertOutcomes(t, markdown, ...Array(6).fill('passed'));
  });

  test('a fresh server knows nothing of what came before', async (t) => {
    const markdown = document(
      ['bash', CREATE],
      ['bash', CREATE, 'fresh-server'],
      ['json', JOHN, 'output'],
      ['bash', CREATE],
    );
    await assertOutcomes(t, markdown, 'passed', 'passed', 'passed', /^failed: the block ended with 22\n.* 400/);
  });

  test('a command that fails fails its block, wherever it stands, and the output after it', async (t) => {
    const markdown = document(['bash', 'false\necho on'], ['text', 'on', 'output'], ['bash', 'false | true']);
    const failed = 'failed: there is no output: the block before failed';
    await assertOutcomes(t, markdown, /^failed: the block ended with 1/, failed, /^failed: the block ended with 1/);
  });

  test('an error response fails a block whose output is not shown', async (t) => {
    const block = 'curl http://localhost:3000/users/1';
    const shown = `{
      "code": "UNAUTHORIZED",
      "message": "Authentication is required to access this resource",
      "requestId": "req-00000000-0000-4000-8000-000000000000"
    }`;
    const markdown = document(['bash', block], ['bash', block], ['json', shown, 'output']);
    await assertOutcomes(t, markdown, /^failed: .*\n.*401/, 'passed', 'passed');
  });

  test('a JavaScript error fails its block', async (t) => {
    await assertOutcomes(t, document(['javascript', "throw new Error('no');"]), /^failed: .*\n[\s\S]*Error: no/);
  });

  test('variables and the folder last from block to block, and no longer than the server', async (t) => {
    const markdown = document(
      ['bash', "NAME='two\nlines'\ncd data"],
      ['bash', 'echo "$NAME"; basename "$PWD"'],
      ['text', 'two\nlines\ndata', 'output'],
      ['bash', 'echo "$NAME"', 'fresh-server'],
    );
    await assertOutcomes(t, markdown, 'passed', 'passed', 'passed', /NAME: unbound variable/);
  });

  test('what a block writes and removes is not in the repository', async (t) => {
    const markdown = document(
      ['bash', 'ls data | grep -c "^task-api.db$"; rm -r data; touch made-by-the-runner-test'],
      ['text', '1', 'output'],
    );
    await assertOutcomes(t, markdown, 'passed', 'passed');
    assert.strictEqual(existsSync(join(ROOT, 'made-by-the-runner-test')), false);
  });

  test('what is left in the background does not keep the block waiting', async (t) => {
    await assertOutcomes(t, document(['bash', 'sleep 600 &\necho on']), 'passed');
  });

  test('text is compared with what the terminal shows, errors and all', async (t) => {
    const markdown = document(['bash', 'echo one; echo two >&2; echo three'], ['console', 'one\ntwo\nthree', 'output']);
    await assertOutcomes(t, markdown, 'passed', 'passed');
  });

  test('Python without requests is skipped by name, and fails in CI', async (t) => {
    const bin = join(tempFolder(t), 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'python3'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, CI: '' };
    const markdown = document(['python', 'print(1)'], ['text', '1', 'output']);
    const [block, output] = await outcomes(t, markdown, env);
    assert.match(block ?? '', /^skipped: python3 with the package `requests` is not installed/);
    assert.match(output ?? '', /^skipped: the block before was skipped: python3/);
    const [inCi] = await outcomes(t, markdown, { ...env, CI: 'true' });
    assert.match(inCi ?? '', /^failed: python3 with the package `requests` is not installed/);
  });
});

describe('commands that are not run as they stand', { concurrency: true }, () => {
  test('installing, cloning and long scripts are passed by, the rest of the block is run', async (t) => {
    const block = `git clone https://example.com/acme/task-management-api.git
cd task-management-api
npm install   # once
npm install && GENERATED=1 npm test
npm run torture -- --rounds 3
npm run check && echo on`;
    await assertOutcomes(t, document(['bash', block], ['text', 'on', 'output']), 'passed', 'passed');
  });

  test('a folder that was not cloned cannot be entered, and a script that is not there cannot be run', async (t) => {
    const markdown = document(['bash', 'cd task-management-api'], ['bash', 'npm run no-such-script']);
    await assertOutcomes(t, markdown, /^failed: .*\n.*No such file/, /^failed: [\s\S]*Missing script/);
  });

  test('none of them is run in a form that is not understood', async (t) => {
    const lines = ['npm install left-pad', 'if true; then npm test; fi', 'npm start | cat', 'npm run bench | tail -1'];
    const markdown = document(...lines.map((line): [string, string] => ['bash', line]));
    const failed = /^failed: not understood, and not to be run in a test as it stands: /;
    await assertOutcomes(t, markdown, failed, failed, failed, failed);
  });

  test('a script has to be there, and the files that it names', (t) => {
    const root = tempFolder(t);
    writeFileSync(join(root, 'there.test.ts'), '');
    const scripts = { test: 'node --test "*.test.ts"', bench: 'node bench/run.ts' };
    writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts }));
    checkScript('test', root);
    assert.throws(() => checkScript('bench', root), { message: 'the script "bench" names bench/run.ts: no file' });
    assert.throws(() => checkScript('torture', root), { message: 'package.json has no script "torture"' });
  });

  test('a server is started with its flags', async (t) => {
    const markdown = document(
      ['bash', 'npm start'],
      ['bash', 'PORT=8080 LOG_LEVEL=error npm start -- \\\n  --plans mine=500/100000 &'],
      ['bash', 'npx task-api serve --host 127.0.0.1'],
      ['bash', 'npm start -- --no-such-flag'],
      ['bash', 'PLANS=wrong npx task-api serve'],
    );
    await assertOutcomes(
      t,
      markdown,
      ...[
        'passed',
        'passed',
        'passed',
        /^failed: .*\nended before it listened:[\s\S]*unknown option/,
        /PLANS .* must be/,
      ],
    );
  });
});

describe('blocks that are not run', () => {
  test('what cannot be run is skipped with its reason, and its output with it', async (t) => {
    const markdown = document(
      ['bash', 'docker build .', 'not run: needs Docker'],
      ['text', 'built', 'output'],
      ['dockerfile', 'FROM scratch', 'not run: a fragment'],
    );
    const [first, third] = ['skipped: needs Docker', 'skipped: a fragment'];
    await assertOutcomes(t, markdown, first, 'skipped: the block before was skipped: needs Docker', third);
  });

  test('a block that another test checks passes if that test exists', async (t) => {
    const markdown = document(
      ['nginx', 'server {}', 'checked by test/docs/runner.test.ts'],
      ['nginx', 'server {}', 'checked by test/docs/missing.test.ts'],
    );
    await assertOutcomes(t, markdown, 'passed', 'failed: there is no test/docs/missing.test.ts');
  });

  test('JSON must parse, diagrams and drawings must not be empty', async (t) => {
    const markdown = document(
      ...([
        ['json', '{"a": 1}'],
        ['json', '{"a": 1,}'],
        ['mermaid', 'graph TD'],
        ['mermaid', ''],
        ['text', 'src/'],
        ['text', ' '],
      ] as [string, string][]),
    );
    const empty = 'failed: the block is empty';
    await assertOutcomes(t, markdown, 'passed', /^failed: .*JSON/, 'passed', empty, 'passed', empty);
  });

  test('what follows a block that runs has to say whether it is the output', async (t) => {
    const missing = document(['bash', 'echo 1'], ['json', '2'], ['bash', 'echo 1'], ['text', '2']);
    const reason = /^failed: this follows a block that runs/;
    await assertOutcomes(t, missing, 'passed', reason, 'passed', reason);
    const anotherSection = `${document(['bash', 'true'])}## Files\n\n${document(['text', 'src/'])}`;
    await assertOutcomes(t, anotherSection, 'passed', 'passed');
  });

  test('nothing that has no rule is passed over', async (t) => {
    const markdown = document(
      ['', 'no language'],
      ['yaml', 'a: 1'],
      ['http', 'GET /users HTTP/1.1'],
      ['bash', 'true', 'no such note'],
      ['json', '{}', 'fresh-server'],
      ['bash', 'true', 'not run: '],
      ['json', '{}', 'output'],
      ['yaml', 'a: 1', 'output'],
      ['json', '{}', 'output'],
    );
    const noRule = /^failed: no rule for a block of/;
    const [note, output] = [/^failed: "test: .*" is not known or has no meaning/, /^failed: an output is one of/];
    const misplaced = 'failed: an output must follow a block that runs';
    const printed = 'failed: there is no output: the block before failed';
    await assertOutcomes(t, markdown, noRule, noRule, noRule, note, note, note, printed, output, misplaced);
  });
});
