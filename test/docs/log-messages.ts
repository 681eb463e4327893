import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './clone.ts';

/** A message that the source logs. */
export interface LogMessage {
  level: 'info' | 'warn' | 'error' | 'fatal';
  /** With `…` for what is inserted. */
  message: string;
}

const CALL = /\b[lL]ogger(?:\??\.(info|warn|error|fatal)|\[level\])\(/g;
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g;

/** Every message in `src/`, in the order of files. */
export function readLogMessages(): LogMessage[] {
  return globSync('src/**/*.ts', { cwd: ROOT })
    .sort()
    .flatMap((file) => {
      const source = readFileSync(join(ROOT, file), 'utf8');
      return [...source.matchAll(CALL)].flatMap((call) => {
        const literals = [...argumentsAt(source, call.index + call[0].length).matchAll(LITERAL)];
        const [, plain, template] = literals.at(-1) ?? [];
        const text = plain ?? template;
        if (text === undefined) throw new Error(`${file} logs something that is no literal`);
        const message = text.replaceAll(/\$\{.*?\}/g, '…');
        // A level that is decided at the time is one of these.
        const levels = call[1] === undefined ? (['warn', 'error'] as const) : [call[1] as LogMessage['level']];
        return levels.map((level) => ({ level, message }));
      });
    });
}

/** The source from here to the parenthesis that closes the call. */
function argumentsAt(source: string, start: number): string {
  let depth = 1;
  let end = start;
  for (; depth > 0; end++) {
    if (source[end] === '(') depth++;
    if (source[end] === ')') depth--;
  }
  return source.slice(start, end - 1);
}
