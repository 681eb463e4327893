import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type GroupOptions, startGroup } from './process-group.ts';

export interface StartedServer {
  port: number;
  /** The process of the command itself. */
  pid: number;
  /** Fulfilled when the last process that the command started has ended. */
  ended: Promise<unknown>;
  /** The messages logged so far. */
  messages: string[];
  /** Sends SIGTERM to all that the command started and resolves when the last of it has ended. */
  stop: () => Promise<void>;
}

/**
 * Runs a command that starts the server, as a person would type it, and waits until it listens.
 *
 * @throws Error with what it printed when it ends before that.
 */
export async function startByCommand(command: string, options: GroupOptions): Promise<StartedServer> {
  const { child, kill } = startGroup('bash', ['-c', command], options);
  const messages: string[] = [];
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  // Not `exit`: npm ends before the server that it started.
  const ended = once(child, 'close');
  const port = await new Promise<number>((resolve, reject) => {
    ended.then(() => reject(new Error(`${command}\nended before it listened:\n${printed}`)), reject);
    createInterface(child.stdout).on('line', (line) => {
      printed += `${line}\n`;
      // npm's own lines are not the server's log.
      if (!line.startsWith('{')) return;
      const entry = JSON.parse(line);
      messages.push(entry.msg);
      if (entry.msg === 'listening') resolve(entry.port);
    });
  });
  const stop = async () => {
    kill('SIGTERM');
    await ended;
  };
  return { port, pid: child.pid as number, ended, messages, stop };
}
