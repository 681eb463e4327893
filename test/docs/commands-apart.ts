import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './clone.ts';

/** A command of a ```bash block that is not run as it stands, and what is checked instead. */
export type CommandApart =
  | { kind: 'install' }
  /** A script of package.json that takes long or works on the repository itself. */
  | { kind: 'script'; name: string }
  /** Started on a free port, then stopped: the document's own server is running already. */
  | { kind: 'server'; command: string }
  | { kind: 'clone'; folder: string }
  | { kind: 'enter-clone' };

const VARIABLES = /^(?:\w+=(?:"[^"]*"|'[^']*'|\S*) +)*/;
const INSTALL = /^npm (?:install|ci)$/;
const SCRIPT = /^npm (?:(test)|run (test|check|format|bench|torture))(?: [^|<>;&]*)?$/;
const CLONE = /^git clone https:\/\/\S+?([^/\s]+?)(?:\.git)?(?: (\S+))?$/;
const SERVER = /^(?:npm start|npx task-api (?:dev|serve))(?: [^|<>;&]*)?$/;
/** What must never be run from here in whatever form: it would change the repository, or run this very test. */
const NEVER_RUN = /^(?!\s*#).*\bnpm (?:install|ci|start|(?:run )?test|run (?:check|format|bench|torture))\b.*/m;

/**
 * Takes the commands out of a bash block that are not run as they stand.
 *
 * @param folders those that earlier `git clone`s of the document made: going into one is nothing to run.
 * @returns the rest, with empty lines instead, so that bash reports the right line numbers.
 * @throws Error for one of these commands in a form that is not understood.
 */
export function takeApart(text: string, folders: Set<string>): { script: string; apart: CommandApart[] } {
  const apart: CommandApart[] = [];
  // A line that ends in a backslash goes on in the next.
  const script = text.replaceAll(/^(?:.*\\\n)*.*$/gm, (line) => {
    const commands = withoutEnd(line).split(' && ');
    const others = commands.filter((command) => {
      const known = recognise(command, folders);
      if (known?.kind === 'clone') folders.add(known.folder);
      if (known !== undefined) apart.push(known);
      return known === undefined;
    });
    if (others.length === commands.length) return line;
    return others.join(' && ') + line.replaceAll(/[^\n]/g, '');
  });
  const left = NEVER_RUN.exec(script)?.[0];
  if (left !== undefined) throw new Error(`not understood, and not to be run in a test as it stands: ${left}`);
  return { script, apart };
}

/** A command on one line, without a comment after it and without the `&` that sends it to the background. */
function withoutEnd(line: string): string {
  const joined = line.replaceAll(/\s*\\\n\s*/g, ' ').trim();
  return joined.replace(/\s+#.*$/, '').replace(/\s+&$/, '');
}

function recognise(command: string, folders: Set<string>): CommandApart | undefined {
  const plain = command.replace(VARIABLES, '');
  if (INSTALL.test(plain)) return { kind: 'install' };
  const [, test, other] = SCRIPT.exec(plain) ?? [];
  const name = test ?? other;
  if (name !== undefined) return { kind: 'script', name };
  const [, repository, folder = repository] = CLONE.exec(plain) ?? [];
  if (folder !== undefined) return { kind: 'clone', folder };
  if (plain.startsWith('cd ') && folders.has(plain.slice(3))) return { kind: 'enter-clone' };
  if (SERVER.test(plain) && !plain.includes('--help')) return { kind: 'server', command };
  return undefined;
}

/** @throws Error when package.json has no such script, or the script names files that are not there. */
export function checkScript(name: string, root = ROOT): void {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (scripts[name] === undefined) throw new Error(`package.json has no script "${name}"`);
  for (const pattern of scripts[name].match(/[\w/*.-]+\.ts\b/g) ?? []) {
    if (globSync(pattern, { cwd: root }).length === 0)
      throw new Error(`the script "${name}" names ${pattern}: no file`);
  }
}
