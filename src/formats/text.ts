/** The pattern of free text: no U+0000 and no lone surrogates, which the databases cannot store. */
export const TEXT = '^[^\\u0000\\p{Cs}]*$';

/** The pattern of a name or title: as {@link TEXT}, with at least one character that is not white space. */
export const VISIBLE_TEXT = '^(?=[\\s\\p{White_Space}]*[^\\s\\p{White_Space}])[^\\u0000\\p{Cs}]*$';

/** The pattern of a name shown on one line: as {@link VISIBLE_TEXT}, without control characters and line separators. */
export const ONE_LINE = '^(?=[\\s\\p{White_Space}]*[^\\s\\p{White_Space}])[^\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}]*$';
