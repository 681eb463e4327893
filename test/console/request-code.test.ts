import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type Language, type RequestToShow, WRITERS } from '../../console/src/formats/request-code.ts';
import { whyNoPython } from '../docs/python.ts';
import { clientApp } from '../support/client.ts';
import { tempFolder } from '../support/temp-folder.ts';

const run = promisify(execFile);

/** Texts that a shell, JavaScript or Python could take for code. */
const HOSTILE = [
  `it's`,
  `"double" 'single' \`backticks\``,
  `$(touch hacked) $HOME \${HOME} \`id\``,
  'line\nbreak\ttab\rreturn',
  String.raw`back\slash \n \u0041 \' %s {0} \N{BULLET}`,
  "'; touch hacked; '",
  '"""; import os; os.system("touch hacked") #',
  '@/etc/passwd !! ~ * ? [a-z] {a,b} <b> & | ; #',
  '\u2028\u2029\u0007\u007f \u202e',
  'Zoë 日本 👩‍👩‍👧 𝒳',
  '-H @file',
  `\${process.env.TASK_API_TOKEN} f"{os}"`,
];

/** How to run several pieces of code in one process. */
const PROGRAMS: Record<Language, { join: (code: string[]) => string; command: string[] }> = {
  curl: {
    join: (code) => `set -e\n${code.map((one) => `${one} -s --fail-with-body\necho`).join('\n')}`,
    command: ['bash'],
  },
  javascript: { join: (code) => code.map((one) => `{\n${one}\n}`).join('\n'), command: [process.execPath] },
  python: { join: (code) => code.join('\n\n'), command: ['python3'] },
};

for (const language of Object.keys(PROGRAMS) as Language[]) {
  test(`copied ${language} sends the same request, whatever its texts contain`, async (t) => {
    const reason = language === 'python' ? whyNoPython(process.env) : undefined;
    if (reason !== undefined) return t.skip(reason);
    const { url, api, token } = await clientApp(t);
    const own = await token();
    const { userId } = await api.users.create({ firstName: 'Ada', lastName: 'L', contactEmail: 'ada@example.com' });
    const requests: RequestToShow[] = HOSTILE.map((text) => ({
      method: 'POST',
      url: `${url}/tasks`,
      body: {
        ...{ userId, taskTitle: text, dueDate: '2030-01-01T00:00:00Z', warningOffset: 0 },
        taskDescription: text === HOSTILE[0] ? null : text,
      },
    }));
    requests.push({ method: 'PATCH', url: `${url}/users/${userId}`, body: { firstName: "O'Brien" } });
    requests.push({
      method: 'PATCH',
      url: `${url}/tasks/1`,
      headers: { 'If-Match': '"1"' },
      body: { warningOffset: 5 },
    });
    requests.push({ method: 'DELETE', url: `${url}/tasks/2` });
    requests.push({ method: 'GET', url: `${url}/tasks?taskStatus=NOT_STARTED%2CBLOCKED&_search=it%27s` });
    requests.push({
      method: 'POST',
      url: `${url}/tasks/batch-delete`,
      headers: { Prefer: 'handling=lenient' },
      body: { taskIds: [3, 99] },
    });

    const folder = tempFolder(t);
    const { join: joined, command } = PROGRAMS[language];
    const file = join(folder, language === 'javascript' ? 'code.mjs' : 'code');
    writeFileSync(file, joined(requests.map(WRITERS[language])));
    const { stdout } = await run(command[0] as string, [file], {
      ...{ cwd: folder, env: { ...process.env, TASK_API_TOKEN: own } },
    });

    assert.deepEqual(readdirSync(folder), [basename(file)], 'a text was run');
    const tasks = await Array.fromAsync(api.tasks.list());
    const expected = HOSTILE.filter((_, index) => index !== 1 && index !== 2);
    assert.deepEqual(
      tasks.map(({ taskTitle }) => taskTitle),
      expected,
    );
    assert.deepEqual(
      tasks.map(({ taskDescription }) => taskDescription),
      expected.map((text) => (text === HOSTILE[0] ? undefined : text)),
    );
    assert.equal(tasks[0]?.warningOffset, 5);
    assert.equal((await api.users.get(userId)).firstName, "O'Brien");
    assert.match(stdout, /"taskTitle":"it's"/);
    assert.match(stdout, /"status":404/);
    assert.doesNotMatch(joined(requests.map(WRITERS[language])), new RegExp(own));
  });
}

test('the code is as people write it', () => {
  const request: RequestToShow = {
    method: 'PATCH',
    url: 'https://tasks.example.com/tasks/7',
    headers: { 'If-Match': '"3"' },
    body: { taskTitle: 'Call the bank', taskDescription: null, list: [], nested: { yes: true } },
  };
  assert.equal(
    WRITERS.curl(request),
    String.raw`curl -X PATCH 'https://tasks.example.com/tasks/7' \
  -H "Authorization: Bearer $TASK_API_TOKEN" \
  -H 'Content-Type: application/json' \
  -H 'If-Match: "3"' \
  --data-raw '{"taskTitle":"Call the bank","taskDescription":null,"list":[],"nested":{"yes":true}}'`,
  );
  assert.equal(
    WRITERS.javascript({ method: 'GET', url: 'https://tasks.example.com/tasks?_perPage=20' }),
    `const response = await fetch('https://tasks.example.com/tasks?_perPage=20', {
  headers: {
    Authorization: \`Bearer \${process.env.TASK_API_TOKEN}\`,
  },
});
console.log(response.status, await response.text());`,
  );
  assert.equal(
    WRITERS.python(request),
    `import os

import requests

response = requests.patch(
    "https://tasks.example.com/tasks/7",
    headers={
        "Authorization": f"Bearer {os.environ['TASK_API_TOKEN']}",
        "If-Match": "\\"3\\"",
    },
    json={
        "taskTitle": "Call the bank",
        "taskDescription": None,
        "list": [],
        "nested": {
            "yes": True,
        },
    },
)
print(response.status_code, response.text)`,
  );
});
