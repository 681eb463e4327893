/** The pattern of free text: neither U+0000 nor a lone surrogate, which no database here can hold. */
export const TEXT = '^[^\\u0000\\p{Cs}]*$';

/** The pattern of a name or title: the same, and something other than white space (contract, section 1). */
export const VISIBLE_TEXT = '^(?=[\\s\\p{White_Space}]*[^\\s\\p{White_Space}])[^\\u0000\\p{Cs}]*$';

/** The pattern of a name that stands in a row of text: the same, and neither control characters nor line separators. */
export const ONE_LINE = '^(?=[\\s\\p{White_Space}]*[^\\s\\p{White_Space}])[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*$';
