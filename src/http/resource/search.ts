import { distinctWordsOf } from '../../formats/words.ts';
import { Type } from '../../type.ts';

const MAX_CHARACTERS = 100;
const MAX_WORDS = 8;

/** The parameter `_search` of a list. */
export function searchParameter(fields: string) {
  return Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_CHARACTERS,
      format: 'search',
      description:
        `Only items that have these words, one to eight, in ${fields}. Each is the start of a word there. Case and accents ` +
        'make no difference',
    }),
  );
}

/** Whether a text has an acceptable number of words. */
export function isSearch(text: string): boolean {
  // Longer texts are invalid anyway, and cutting them would take long.
  const count = text.length > 2 * MAX_CHARACTERS ? 0 : distinctWordsOf(text).length;
  return count >= 1 && count <= MAX_WORDS;
}

/** The value of the filter `search` for a valid `_search`. */
export function toSearch(text: string): string {
  return distinctWordsOf(text).join(' ');
}
