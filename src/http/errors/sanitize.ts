/** The maximum length of a client's value in an error message, in characters. */
const MAX_LENGTH = 100;

/** Characters that could confuse a viewer: control and bidirectional formatting characters, line separators, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A client's value, safe to include in an error message: its first 100 characters, with unsafe ones replaced by U+FFFD. */
export function sanitize(value: string): string {
  // A character is at most two UTF-16 units. Cutting first keeps the cost of a long value constant.
  const head = Array.from(value.slice(0, 2 * MAX_LENGTH)).slice(0, MAX_LENGTH);
  return head.join('').replace(UNSAFE, '\uFFFD');
}
