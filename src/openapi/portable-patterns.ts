import { ONE_LINE, TEXT, VISIBLE_TEXT } from '../formats/text.ts';

/** What the document says of a pattern of the validator that other languages cannot read. */
export interface PortablePattern {
  /** Accepts whatever the validator's pattern accepts, and a little more. */
  pattern: string;
  /** The exact rule, for the description. */
  rule: string;
}

const CHARACTERS = 'U+0000 and lone surrogates are not allowed.';

/**
 * By the validator's pattern. Python, Java and RE2 (Go) have neither `\u0000`, `\p{Cs}` nor `\p{White_Space}`, and RE2 has no
 * look-ahead. `\S` compiles everywhere but differs: Python's excludes U+001C to U+001F, so it would reject text that the
 * service accepts. The classes here mean the same in every engine, with and without `u`. The white space in them is that of
 * Latin-1: no escape beyond `\xFF` is common to all. Java's Bean Validation matches the whole text, hence `^` and `$`.
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
