import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../docs/clone.ts';
import { packageEnvironment, runNpm } from '../package/tarball.ts';

/** A module that uses the client from the package: it creates, lists, follows, and causes an error. */
const PROGRAM = `
import { ApiError, TaskApi, verifyWebhook } from 'task-management-api-client';

export async function run(baseUrl, token, name) {
  const api = new TaskApi({ baseUrl, token });
  const after = await api.events.last();
  const { data: user, etag, rateLimit } = await api.users
    .create({ firstName: name, lastName: 'Runtime', contactEmail: name + '@example.com' })
    .withResponse();
  const names = [];
  for await (const { firstName } of api.users.list({ perPage: 1, firstName: name })) names.push(firstName);
  for await (const { firstName } of api.users.stream({ firstName: name })) names.push(firstName);
  for await (const event of api.events.follow({ after })) {
    names.push(event.data.firstName);
    break;
  }
  const error = await api.users.update(user.userId, { firstName: '' }, { ifMatch: etag }).catch((caught) => caught);
  const unsigned = await verifyWebhook('{}', new Headers(), 'whsec_AAAA').catch((caught) => caught);
  await api.users.delete(user.userId);
  return [...names, etag, rateLimit.limit, error instanceof ApiError, error.code, unsigned.name].join(' ');
}
`;

/** What {@link PROGRAM} returns on a service in development mode. */
export function expectedResult(name: string): string {
  return `${name} ${name} ${name} "1" 100000 true INVALID_FIELD WebhookVerificationError`;
}

/** Packs the client and installs it in a new project in the folder. Returns the path of the project. */
export async function installClient(folder: string): Promise<string> {
  const project = join(folder, 'project');
  mkdirSync(project);
  const env = packageEnvironment(folder);
  await runNpm(['run', 'client:package', '--', folder], ROOT, env);
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'client/package.json'), 'utf8'));
  await runNpm(['install', '--offline', join(folder, `${name}-${version}.tgz`)], project, env);
  writeFileSync(join(project, 'program.js'), PROGRAM);
  writeFileSync(
    join(project, 'main.js'),
    `import { run } from './program.js';\nconst [url, name] = process.argv.slice(2);\nconsole.log(await run(url, 'your-token-here', name));\n`,
  );
  return project;
}

/** A program in TypeScript that uses the types of the client. Each comment expects an error. */
const TYPED_PROGRAM = `
import {
  ApiError, type ApiEvent, type ErrorCode, type Task, TaskApi, TaskManagementClient, type User, verifyWebhook,
} from 'task-management-api-client';

const api = new TaskApi({ baseUrl: 'http://localhost:3000', token: async () => 'x', deadlineMs: 1_000 });

export async function use(signal: AbortSignal): Promise<void> {
  const user: User = await api.users.create({ firstName: 'a', lastName: 'b', contactEmail: 'c' }, { signal });
  const { data, etag } = await api.users.get(user.userId).withResponse();
  const name: string = data.firstName;
  const unchanged: User | undefined = await api.users.get(1, { ifNoneMatch: etag });
  // @ts-expect-error it can be undefined
  const changed: User = await api.users.get(1, { ifNoneMatch: etag });
  const tasks: Task[] = await api.tasks.createBatch([]);
  const [result] = await api.tasks.createBatch([], { lenient: true });
  const status: number | undefined = result?.status;
  await api.tasks.update(1, { taskTitle: undefined, warningOffset: 5 });
  // @ts-expect-error there is no such status
  await api.tasks.update(1, { taskStatus: 'DONE' });
  // @ts-expect-error there is no such parameter
  api.users.list({ taskStatus: 'BLOCKED' });
  // @ts-expect-error a field is missing
  await api.tasks.create({ userId: 1, taskTitle: 'x', warningOffset: 1 });
  for await (const event of api.events.follow({ after: 1, signal })) {
    if (event.type === 'task.deleted') console.log(event.data.taskId);
  }
  const event: ApiEvent | { type: 'webhook.test' } = await verifyWebhook('', { 'webhook-id': '1' }, ['a', 'b']);
  await new TaskManagementClient('', '').blockTask(1, 'why');
  try {
    await api.tasks.delete(1, { ifMatch: etag });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const code: ErrorCode | 'UNEXPECTED_RESPONSE' = error.code;
    // @ts-expect-error there is no such code
    if (error.code === 'NOT_FOUND') console.log(code);
  }
  console.log(name, unchanged, changed, tasks, status, event);
}
`;

/** The strictest settings of a program, which check the types of the package too. */
const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  noEmit: true,
  module: 'nodenext',
  target: 'es2022',
};

/** What the program runs in. */
const ENVIRONMENTS = {
  browser: { types: [], lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'] },
  // The types of Node are checked by their project.
  node: { types: ['node'], lib: ['es2023'], typeRoots: [join(ROOT, 'node_modules/@types')], skipLibCheck: true },
};

/** Writes a program in TypeScript beside the package that was installed there. Returns its projects. */
export function writeTypedProgram(project: string): string[] {
  writeFileSync(join(project, 'typed.ts'), TYPED_PROGRAM);
  return Object.entries(ENVIRONMENTS).map(([name, environment]) => {
    const file = join(project, `tsconfig.${name}.json`);
    writeFileSync(file, JSON.stringify({ compilerOptions: { ...STRICT, ...environment }, files: ['typed.ts'] }));
    return file;
  });
}
