/** The number of characters of a word that count. The rest of a longer word is ignored, in texts as in searches. */
export const MAX_WORD_LENGTH = 64;

const ASCII = /^[\0-\x7f]*$/;
const ASCII_SEPARATORS = /[^a-z0-9]+/g;
const TOO_LONG = /[a-z0-9]{65}/;
/** Letters and digits, with the marks that follow them. All other characters separate words. */
const RUNS = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu;
/** Scripts that are written without spaces. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/**
 * Accents, and the vowel points of Hebrew and Arabic. In other scripts, such as Thai and Devanagari, marks are vowels or
 * tones and belong to the word; so do the voicing marks of Japanese.
 */
const ACCENTS =
  /[[\p{M}&&[\p{Script=Inherited}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}]]--[\u3099\u309a]]/gv;

/** Made when it is needed: that takes 10 ms and 3 MB. The locale only matters for scripts that are written with spaces. */
let segmenter: Intl.Segmenter | undefined;

/**
 * Identifies the rules by which this program cuts texts into words: a version of this file, and those of Unicode and ICU,
 * which come with Node. Words that were stored under other rules are not comparable.
 */
export const WORD_RULES = `2, Unicode ${process.versions.unicode}, ICU ${process.versions.icu}`;

/**
 * The words of a text, in order and separated by spaces. Case, accents and Unicode form make no difference. A word consists
 * of lower-case letters, digits and marks, at most {@link MAX_WORD_LENGTH} of them; its ASCII characters are `a`–`z` and
 * `0`–`9`.
 */
export function wordsOf(text: string): string {
  if (!ASCII.test(text)) return cut(text);
  // Gives the same words in a tenth of the time.
  const lower = text.toLowerCase();
  if (lower.length > MAX_WORD_LENGTH && TOO_LONG.test(lower)) return cut(text);
  return lower.replace(ASCII_SEPARATORS, ' ').trim();
}

/** The different words of a text. */
export function distinctWordsOf(text: string): string[] {
  const words = wordsOf(text);
  return words === '' ? [] : [...new Set(words.split(' '))];
}

/** The words of any text. For tests; see {@link wordsOf}. */
export function cut(text: string): string {
  const runs = fold(text).match(RUNS) ?? [];
  return runs
    .flatMap((run) => (UNSPACED.test(run) ? segment(run) : [run]))
    .map(truncate)
    .join(' ');
}

function segment(run: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' });
  // A segment can be a single mark.
  return [...segmenter.segment(run)].flatMap((part) => part.segment.match(RUNS) ?? []);
}

function truncate(word: string): string {
  return word.length > MAX_WORD_LENGTH ? [...word].slice(0, MAX_WORD_LENGTH).join('') : word;
}

/** Removes the differences of case, accents and Unicode form. */
function fold(text: string): string {
  // `ẞ` has no other upper case than itself, and only the upper case of `ß` equals that of `ss`.
  const caseless = withoutAccents(text).toLowerCase().toUpperCase().toLowerCase();
  // The final sigma is a form of the letter.
  const letters = withoutAccents(caseless).replaceAll('ς', 'σ');
  // The decomposition of these vowels of Thai and Lao is not reversible, and no dictionary has it.
  return letters.replaceAll('\u0e4d\u0e32', '\u0e33').replaceAll('\u0ecd\u0eb2', '\u0eb3').normalize('NFC');
}

function withoutAccents(text: string): string {
  // The iota below a Greek vowel is a letter in upper case: `ᾳ` is `ΑΙ`.
  return text.normalize('NFKD').replaceAll('\u0345', 'ι').replace(ACCENTS, '');
}
