import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { ImportedResource } from '../transfer/records.ts';
import { parseId } from './arguments.ts';
import { CliError } from './cli-error.ts';
import { SHELLS, type Shell } from './completion.ts';
import { type DataFlag, FIELD_FLAGS, FILTER_FLAGS, flagOf } from './data-fields.ts';
import type { FollowOptions } from './events.ts';
import type { ExportFileOptions } from './export.ts';
import type { ImportFileOptions } from './import.ts';
import type { McpOptions } from './mcp.ts';
import type { ListOptions, OutputOptions } from './resource-commands.ts';
import type { ServiceOptions } from './service.ts';

// The commands that use a running service over HTTP. Like those of `program.ts`, they load what they need when they run.

/** Formats of files: see `transfer/read-rows.ts` and `transfer/export-rows.ts`. A test compares them. */
const IMPORT_FORMATS = ['csv', 'ndjson', 'todoist', 'microsoft-to-do'];
const EXPORT_FORMATS = ['csv', 'ndjson'];

export function addDataCommands(program: Command): void {
  addResource(program, 'users');
  addResource(program, 'tasks');
  addEvents(program);
  addImport(program);
  addExport(program);
  addWhoami(program);
  addMcp(program);
  addCompletion(program);
}

/** Which service a command uses. */
function addService(command: Command): Command {
  return command
    .optionsGroup('Service:')
    .addOption(
      new Option('--url <url>', 'address of the service')
        .env('TASK_API_URL')
        .default('http://localhost:3000')
        .argParser(parseUrl),
    )
    .addOption(
      new Option('--token <token>', 'token to use (required)')
        .env('TASK_API_TOKEN')
        .makeOptionMandatory()
        .argParser(parseToken),
    );
}

function addJson(command: Command): Command {
  return command.option('--json', 'print JSON, also on a terminal', false);
}

function addFlags(command: Command, flags: readonly DataFlag[]): Command {
  for (const flag of flags) command.option(flagOf(flag), flag.description);
  return command;
}

function addResource(program: Command, resource: ImportedResource): void {
  const one = resource.slice(0, -1);
  const group = program
    .command(resource)
    .summary(`list and change ${resource}`)
    .description(`List and change ${resource}.`);

  const list = group
    .command('list')
    .summary(`list ${resource}`)
    .description(`List ${resource}: as a table on a terminal, and as lines of JSON elsewhere.`);
  addJson(addFlags(list, FILTER_FLAGS[resource]))
    .option('--limit <number>', 'how many at most (default: 50 on a terminal, all elsewhere)', parseId)
    .option('--watch', 'show the list again after each change', false);
  addService(list).action(async (options: ListOptions) => {
    const { listItems } = await import('./resource-commands.ts');
    await listItems(resource, { ...options });
  });

  const get = group
    .command('get')
    .summary(`show a ${one}`)
    .description(`Show a ${one}.`)
    .argument('<id>', 'ID', parseId);
  addService(addJson(get)).action(async (id: number, options: OutputOptions) => {
    const { getItem } = await import('./resource-commands.ts');
    await getItem(resource, id, options);
  });

  const create = group.command('create').summary(`create a ${one}`).description(`Create a ${one} and show it.`);
  addService(addJson(addFlags(create, FIELD_FLAGS[resource]))).action(async (options: OutputOptions) => {
    const { createItem } = await import('./resource-commands.ts');
    await createItem(resource, { ...options });
  });

  const update = group
    .command('update')
    .summary(`change a ${one}`)
    .description(`Change fields of a ${one} and show it. Other fields keep their values.`)
    .argument('<id>', 'ID', parseId);
  addService(addJson(addFlags(update, FIELD_FLAGS[resource]))).action(async (id: number, options: OutputOptions) => {
    const { updateItem } = await import('./resource-commands.ts');
    await updateItem(resource, id, { ...options });
  });

  const remove = group
    .command('delete')
    .summary(`delete ${resource}`)
    .description(`Delete ${resource === 'users' ? 'users with their tasks' : 'tasks'}. On a terminal, it asks first.`)
    .argument('<id...>', 'IDs', (text: string, before: number[] = []) => [...before, parseId(text)])
    .option('--yes', 'do not ask', false);
  addService(remove).action(async (ids: number[], options: ServiceOptions & { yes: boolean }) => {
    const { deleteItems } = await import('./resource-commands.ts');
    await deleteItems(resource, ids, options);
  });
}

function addEvents(program: Command): void {
  const follow = program
    .command('events')
    .summary('follow events')
    .description('Follow events.')
    .command('follow')
    .summary('print events as they happen')
    .description(
      'Print events as they happen, until the command is stopped. A lost connection is renewed, without a gap.',
    )
    .option('--after <sequence>', 'start after this event (default: with the next one)', parseSequence);
  addService(addJson(follow)).action(async (options: FollowOptions) => {
    const { followEvents } = await import('./events.ts');
    await followEvents(options);
  });
}

function addImport(program: Command): void {
  const group = program
    .command('import')
    .summary('create users and tasks from a file')
    .description('Create users and tasks from a file. To resume an interrupted import, run the same command again.');
  for (const resource of ['users', 'tasks'] as const) {
    const command = group
      .command(resource)
      .summary(`create ${resource} from a file`)
      .description(`Create ${resource} from the rows of a CSV file or the lines of an NDJSON file.`)
      .argument('<file>', 'file to read; - for standard input')
      .addOption(
        new Option('--format <format>', 'format of the file (default: by its name)').choices(
          resource === 'users' ? EXPORT_FORMATS : IMPORT_FORMATS,
        ),
      )
      .option('--map <column=field>', 'field of a column with another name; can be repeated', parseMap, new Map());
    if (resource === 'tasks') {
      command
        .option('--owner <user>', 'ID or address of the owner of tasks that name none')
        .option(
          '--time-zone <zone>',
          'time zone of dates without a UTC offset, such as Europe/Berlin',
          parseTimeZone,
          'UTC',
        );
    }
    addImportOptions(command).action(async (file: string, options: ImportFileOptions) => {
      const { importFile } = await import('./import.ts');
      await importFile(resource, file, { ...options, timeZone: options.timeZone ?? 'UTC' });
    });
  }
  const jsonServer = group
    .command('json-server')
    .summary('create users and tasks from a db.json of json-server')
    .description('Create users and tasks from a db.json of json-server. Tasks get the new IDs of their owners.')
    .argument('<file>', 'db.json');
  addImportOptions(jsonServer).action(async (file: string, options: ImportFileOptions) => {
    const { importJsonServer } = await import('./import.ts');
    await importJsonServer(file, options);
  });
}

function addImportOptions(command: Command): Command {
  command
    .option('--rejects <file>', 'write rejected rows to this file, with their line, field and reason')
    .option('--dry-run', 'only check the rows, and create nothing', false)
    .option('--atomic', 'create all rows or none; at most 1000', false)
    .option(
      '--import-id <name>',
      'name of the import: another name creates the rows again (default: the name of the file)',
    );
  return addService(command);
}

function addExport(program: Command): void {
  const group = program
    .command('export')
    .summary('write users or tasks to a file')
    .description('Write all users or all tasks to a file, as of one moment. An import creates the same again.');
  for (const resource of ['users', 'tasks'] as const) {
    const command = group
      .command(resource)
      .summary(`write ${resource} to a file`)
      .description(`Write all ${resource} to a file, as of one moment.`)
      .argument('[file]', 'file to write, which must not exist; - for standard output', '-')
      .addOption(new Option('--format <format>', 'format (default: by the name of the file)').choices(EXPORT_FORMATS));
    addService(command).action(async (file: string, options: ExportFileOptions) => {
      const { exportFile } = await import('./export.ts');
      await exportFile(resource, file, options);
    });
  }
}

function addWhoami(program: Command): void {
  const command = program
    .command('whoami')
    .summary('show what the token may do')
    .description('Show what the token may do.');
  addService(addJson(command)).action(async (options: OutputOptions) => {
    const { printCaller } = await import('./whoami.ts');
    await printCaller(options);
  });
}

function addMcp(program: Command): void {
  const command = program
    .command('mcp')
    .summary('serve tools for AI agents on standard input')
    .description(
      'Serve the tools for agents on standard input and output, for clients of the Model Context Protocol that cannot use HTTP. ' +
        'The tools are those of a running service.',
    );
  addService(command).action(async (options: McpOptions) => {
    const { serveMcp } = await import('./mcp.ts');
    await serveMcp(options);
  });
}

function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a script that completes commands and flags')
    .description('Print a script that completes commands and flags in a shell.')
    .addArgument(new Argument('<shell>', 'shell').choices([...SHELLS]))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(program, shell));
    });
}

function parseSequence(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be an integer from 0.');
}

function parseUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('It must be a URL, such as http://localhost:3000.');
}

/** Other characters cannot be sent in a header. An `InvalidArgumentError` would print the token. */
function parseToken(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new CliError('the token has characters that no token has. Set TASK_API_TOKEN to one of task-api token create');
}

function parseMap(text: string, before: ReadonlyMap<string, string>): Map<string, string> {
  const [, column, field] = /^\s*(\S.*?)\s*=\s*(\w+)\s*$/.exec(text) ?? [];
  if (column === undefined || field === undefined) throw new InvalidArgumentError('It must be COLUMN=FIELD.');
  return new Map([...before, [column, field]]);
}

function parseTimeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidArgumentError('It must be an IANA time zone, such as Europe/Berlin.');
  }
}
