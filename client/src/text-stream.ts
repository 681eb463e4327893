import { toClientError } from './errors.ts';
import type { Timeout } from './timeout.ts';

/** Reads a body while it arrives. Stops the timeout at the end, which runs while it waits for the body. */
export async function* readText(response: Response, timeout: Timeout): AsyncGenerator<string, void, undefined> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      timeout.restart();
      const part = await reader?.read();
      // The caller may take any time with what has arrived.
      timeout.pause();
      if (part === undefined || part.done) return;
      yield part.value;
    }
  } catch (error) {
    throw toClientError(error, timeout.signal);
  } finally {
    timeout.stop();
    // Closes the connection if the caller stops early.
    reader?.cancel().catch(() => undefined);
  }
}

/** The lines of a text. The last has no end, and is yielded unless it is empty. */
export async function* readLines(text: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const part of text) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
