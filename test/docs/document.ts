import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoPostgres } from '../support/postgres.ts';
import { ROOT } from './clone.ts';
import { checkScript, takeApart } from './commands-apart.ts';
import { assertOutput } from './compare.ts';
import { whyNoPython } from './python.ts';
import { DOCUMENTED_DATABASE, type Session, startSession } from './session.ts';
import type { Step } from './steps.ts';

/** What the latest block that was to run came to. */
type Latest = { printed: string } | { skipped: string } | undefined;

/** Takes the steps of one document, in order, on one server until a block asks for a fresh one. */
export class DocumentRun {
  readonly #env: NodeJS.ProcessEnv;
  readonly #withNpm: boolean;
  readonly #cloned = new Set<string>();
  #session: Session | undefined;
  #latest: Latest;

  /** @param withNpm whether `npx task-api` is run by npm. */
  constructor(env: NodeJS.ProcessEnv, withNpm = true) {
    this.#env = env;
    this.#withNpm = withNpm;
  }

  /**
   * @returns why the step was skipped, or undefined when it was taken and all is well.
   * @throws Error when the document is wrong.
   */
  async take(step: Step, signal?: AbortSignal): Promise<string | undefined> {
    const latest = this.#latest;
    this.#latest = undefined;
    switch (step.kind) {
      case 'run':
        return this.#run(step, signal);
      case 'output':
        if (latest === undefined) throw new Error('there is no output: the block before failed');
        if ('skipped' in latest) return `the block before was skipped: ${latest.skipped}`;
        assertOutput(step.language, latest.printed, step.block.text);
        return undefined;
      case 'parse-json':
        JSON.parse(step.block.text);
        return undefined;
      case 'show':
        if (step.block.text.trim() === '') throw new Error('the block is empty');
        return undefined;
      case 'checked-elsewhere':
        if (!existsSync(join(ROOT, step.test))) throw new Error(`there is no ${step.test}`);
        return undefined;
      case 'skip':
        return this.#skip(step.reason);
      case 'wrong':
        throw new Error(step.problem);
    }
  }

  async stop(): Promise<void> {
    await this.#session?.stop();
    this.#session = undefined;
  }

  async #run(step: Step & { kind: 'run' }, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (step.freshServer) await this.stop();
    if (step.language === 'python') {
      const reason = whyNoPython(this.#env);
      if (reason !== undefined) return this.#skip(reason);
    }
    if (step.block.text.includes(DOCUMENTED_DATABASE)) {
      const reason = whyNoPostgres();
      if (reason !== undefined) return this.#skip(reason);
    }
    this.#session ??= await startSession(this.#env, this.#withNpm);
    const { text } = step.block;
    const code = step.language === 'bash' ? await this.#runApart(text, this.#session, signal) : text;
    this.#latest = { printed: await this.#session.run(step.language, code, step.output, signal) };
    return undefined;
  }

  #skip(reason: string): string {
    this.#latest = { skipped: reason };
    return reason;
  }

  /** Sees to the commands that are not run as they stand, and returns the others. */
  async #runApart(text: string, session: Session, signal: AbortSignal | undefined): Promise<string> {
    const { script, apart } = takeApart(text, this.#cloned);
    for (const command of apart) {
      if (command.kind === 'script') checkScript(command.name);
      if (command.kind === 'server') await session.tryServer(command.command, signal);
    }
    return script;
  }
}
