/** How many characters of a client's value an answer repeats. */
const MAX_QUOTED = 100;

/** Control characters, those of writing direction included, line separators, lone surrogates: what could upset a viewer. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A client's value as a message may repeat it: its first 100 characters, unsafe ones replaced by U+FFFD. */
export function quote(value: string): string {
  // Twice as many UTF-16 units hold at least as many characters; a long value is not walked to its end.
  const head = Array.from(value.slice(0, 2 * MAX_QUOTED)).slice(0, MAX_QUOTED);
  return head.join('').replace(UNSAFE, '\uFFFD');
}
