import fc from '../support/fast-check.ts';

/** Words of many scripts, with upper case, accents, ligatures, digits and forms that normalise to each other. */
const WORDS = {
  ascii: ['Report', 'report', 'REPORTS', 're', 'a', 'Q3', '2026', 'john.doe@example.com', "can't", 'snake_case', 'x'],
  latin: [
    'München',
    'Mu\u0308nchen',
    'munchen',
    'Straße',
    'STRASSE',
    'ﬁnd',
    'Łódź',
    'İzmir',
    'ısı',
    'œuvre',
    'ŉ',
    'Ａｂ',
  ],
  greek: ['ΟΔΟΣ', 'οδός', 'ΐ', 'σς'],
  cyrillic: ['Ёлка', 'елка', 'Йод', 'ЇЖАК'],
  hebrew: ['שָׁלוֹם', 'שלום'],
  arabic: ['مُحَمَّد', 'محمد', 'ﷺ', '٣٤'],
  devanagari: ['नमस्ते', 'दुनिया', 'क़लम'],
  thai: ['ภาษาไทยง่าย', 'น้ำ', 'มาก'],
  chinese: ['北京大学', '中文搜索', '任务'],
  japanese: ['東京都庁', 'カタカナ', 'ｶﾞｷﾞ', 'ひらがな', 'がぎ'],
  korean: ['한국어', '\u1112\u1161\u11ab', '검색'],
  others: ['\u{10400}\u{10428}', '😀', '½', 'Ⅷ', '①', '\u200d', '\u0301', '\ufeff', 'ꓮ'],
};

const SEPARATORS = [' ', '', '-', '_', '.', "'", '\n', '، ', '、', '\u00a0', '@', '"', '*', '\\', ':', '\u0301'];

/** Texts of one script each. */
export const SCRIPTS = Object.fromEntries(
  Object.entries(WORDS).map(([script, words]) => [script, textOf(fc.constantFrom(...words))]),
) as Record<keyof typeof WORDS, fc.Arbitrary<string>>;

/** Texts of any scripts, and of any characters that a request can contain. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(...Object.values(SCRIPTS)) },
  { weight: 3, arbitrary: textOf(fc.constantFrom(...Object.values(WORDS).flat())) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !text.includes('\0')) },
);

function textOf(word: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(word, fc.constantFrom(...SEPARATORS)), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.flat().join(''));
}
