import { ONE_LINE, TEXT, VISIBLE_TEXT } from '../formats/text.ts';

/** The replacement for a pattern of the validator that regular expressions of other languages do not support. */
export interface PortablePattern {
  /** Accepts everything that the validator's pattern accepts, and slightly more. */
  pattern: string;
  /** The exact rule, for the description. */
  rule: string;
}

const CHARACTERS = 'U+0000 and lone surrogates are not allowed.';

/**
 * The replacements, by the validator's pattern. Python, Java and RE2 (Go) do not all support `\u0000`, `\p{Cs}` and
 * `\p{White_Space}`, and RE2 has no lookahead. `\S` compiles everywhere but differs: Python's excludes U+001C to U+001F, so it
 * would reject text that the service accepts. The classes here mean the same in every engine, with and without the `u` flag.
 * They include the white space of Latin-1 only, because no escape beyond `\xFF` is common to all engines. `^` and `$` are
 * needed because Java's Bean Validation matches the whole text.
 */
export const PORTABLE_PATTERNS: ReadonlyMap<string, PortablePattern> = new Map([
  [TEXT, { pattern: '^[^\\x00]*$', rule: CHARACTERS }],
  [
    VISIBLE_TEXT,
    {
      pattern: '^[\\t-\\r \\x85\\xA0]*[^\\x00\\t-\\r \\x85\\xA0][^\\x00]*$',
      rule: `At least one character is not Unicode white space. ${CHARACTERS}`,
    },
  ],
  [
    ONE_LINE,
    {
      pattern: '^[ \\xA0]*[^\\x00-\\x20\\x7F-\\xA0][^\\x00-\\x1F\\x7F-\\x9F]*$',
      rule:
        'At least one character is not Unicode white space. Control characters, line and paragraph separators (U+2028, ' +
        'U+2029) and lone surrogates are not allowed.',
    },
  ],
]);
