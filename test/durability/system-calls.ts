/** One system call of a traced process. */
export interface SystemCall {
  /** The id of the thread that made it. */
  thread: string;
  name: string;
  /** The arguments as strace shows them, with the paths of descriptors. */
  args: string;
  /** What it returned, or undefined when it never did. */
  result: string | undefined;
  /** The line of the trace at which it began, and the one at which it was over. */
  begin: number;
  end: number;
}

const LINE = /^(\d+) +(.*)$/s;
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/s;
const UNFINISHED = / <unfinished \.\.\.>$/;
const CALL = /^(\w+)\((.*)\) += (.+)$/s;
const BEGUN_CALL = /^(\w+)\((.*)$/s;
/** Signals and ends of processes, which are no calls. */
const EVENT = /^(---|\+\+\+) .* (---|\+\+\+)$/;

/**
 * Reads what `strace -f -o` wrote. A call that another thread's came between is shown in two parts; they are put
 * together, so that what was still going on when something else began is known.
 *
 * @throws for a line that is not understood: a call that is overlooked could be the one that matters.
 */
export function parseSystemCalls(trace: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const begun = new Map<string, { text: string; begin: number }>();
  for (const [number, line] of trace.split('\n').entries()) {
    if (line === '') continue;
    const [, thread, text] = LINE.exec(line) ?? [];
    if (thread === undefined || text === undefined) throw new Error(`not a line of a trace: ${line.slice(0, 200)}`);
    if (EVENT.test(text)) continue;
    const first = begun.get(thread);
    const rest = RESUMED.exec(text)?.[1];
    if (UNFINISHED.test(text)) {
      begun.set(thread, { text: text.replace(UNFINISHED, ''), begin: number });
    } else if (rest !== undefined && first !== undefined) {
      begun.delete(thread);
      calls.push(toCall(thread, first.text + rest, first.begin, number));
    } else {
      calls.push(toCall(thread, text, number, number));
    }
  }
  for (const [thread, { text, begin }] of begun) {
    const [, name = '', args = ''] = BEGUN_CALL.exec(text) ?? [];
    calls.push({ thread, name, args, result: undefined, begin, end: Number.POSITIVE_INFINITY });
  }
  return calls;
}

function toCall(thread: string, text: string, begin: number, end: number): SystemCall {
  const [, name, args, result] = CALL.exec(text) ?? [];
  if (name === undefined || args === undefined) throw new Error(`not a system call: ${text.slice(0, 200)}`);
  return { thread, name, args, result, begin, end };
}
