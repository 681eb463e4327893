import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Lets zsh use the completion of bash. */
const ZSH_START = 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit';

/** A command and what can follow it. */
interface Node {
  /** The words before, such as `tasks list`. */
  path: string;
  subcommands: { name: string; description: string }[];
  flags: { name: string; description: string; takesValue: boolean; choices: readonly string[] }[];
}

/** `completion`: the script that completes commands and flags, made from the command line itself. */
export function completionScript(program: Command, shell: Shell): string {
  const nodes = [...nodesOf(program, '')];
  if (shell === 'fish') return fishScript(nodes);
  const script = bashScript(nodes);
  return shell === 'bash' ? script : `${ZSH_START}\n${script}`;
}

function* nodesOf(command: Command, path: string): Generator<Node> {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command);
  yield {
    path,
    subcommands: subcommands.map((one) => ({ name: one.name(), description: one.summary() })),
    flags: help.visibleOptions(command).map(({ long, short, description, required, optional, argChoices }) => ({
      name: long ?? short ?? '',
      description,
      takesValue: required || optional,
      choices: argChoices ?? [],
    })),
  };
  for (const one of command.commands) yield* nodesOf(one, `${path} ${one.name()}`.trim());
}

/** The words of a command line that are no flags select the commands; then their names and flags are offered. */
function bashScript(nodes: readonly Node[]): string {
  const words = nodes.map(({ path, subcommands, flags }) => {
    const offered = [...subcommands, ...flags].map(({ name }) => name).join(' ');
    return `    '${path}') words='${offered}' ;;`;
  });
  const choices = nodes.flatMap(({ path, flags }) =>
    flags
      .filter((flag) => flag.choices.length > 0)
      .map((flag) => `    '${path} ${flag.name}') words='${flag.choices.join(' ')}' ;;`),
  );
  return `_task_api() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word i
  local paths='${nodes.map(({ path }) => path.replaceAll(' ', '/')).join(' ')}'
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case " $paths " in *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;; esac
  done
  path=\${path//\\// }
  case "$path $previous" in
${choices.join('\n')}
  esac
  [ -n "$words" ] || case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _task_api task-api
`;
}

function fishScript(nodes: readonly Node[]): string {
  const lines = ['complete -c task-api -f'];
  for (const { path, subcommands, flags } of nodes) {
    const names = subcommands.map(({ name }) => name);
    const seen =
      path === '' ? '' : `__fish_seen_subcommand_from ${path.split(' ').join('; and __fish_seen_subcommand_from ')}`;
    const before =
      names.length === 0
        ? seen
        : [seen, `not __fish_seen_subcommand_from ${names.join(' ')}`].filter(Boolean).join('; and ');
    for (const { name, description } of subcommands) {
      lines.push(`complete -c task-api -n ${quote(before)} -a ${name} -d ${quote(description)}`);
    }
    for (const { name, description, takesValue, choices } of flags) {
      const values = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : takesValue ? ' -r' : '';
      const condition = before === '' ? '' : ` -n ${quote(before)}`;
      lines.push(`complete -c task-api${condition} -l ${name.slice(2)}${values} -d ${quote(description)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
