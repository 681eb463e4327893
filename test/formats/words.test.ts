import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, distinctWordsOf, MAX_WORD_LENGTH, wordsOf } from '../../src/formats/words.ts';
import fc from '../support/fast-check.ts';
import { anyText, SCRIPTS } from './texts.ts';

const CUTS: [text: string, words: string[]][] = [
  ['München', ['munchen']],
  ['MU\u0308NCHEN', ['munchen']],
  ['Straße STRASSE', ['strasse']],
  ['ΟΔΟΣ οδός', ['οδοσ']],
  ['İstanbul ISTANBUL ıstanbul', ['istanbul']],
  ['ﬁnd ＦＩＮＤ find', ['find']],
  ['Ёлка елка', ['елка']],
  ['שָׁלוֹם שלום', ['שלום']],
  ['مُحَمَّد محمد', ['محمد']],
  ["O'Brien o’brien", ['o', 'brien']],
  ['john.doe+tasks@Post.Example.com', ['john', 'doe', 'tasks', 'post', 'example', 'com']],
  ['snake_case kebab-case camelCase', ['snake', 'case', 'kebab', 'camelcase']],
  ['Q3 2026: 1,000.50 ½ Ⅷ ²', ['q3', '2026', '1', '000', '50', '2', 'viii']],
  ['東京都庁に行く', ['東京', '都庁', 'に', '行く']],
  ['カタカナ ｶﾀｶﾅ', ['カタカナ']],
  ['ภาษาไทยง่าย', ['ภาษา', 'ไทย', 'ง่าย']],
  ['น้ำ', ['น้ำ']],
  ['नमस्ते दुनिया', ['नमस्ते', 'दुनिया']],
  ['한국어 검색', ['한국어', '검색']],
  ['iPhoneを買う', ['iphone', 'を', '買う']],
  ['!!! — 🎉 …', []],
  ['', []],
];

for (const [text, words] of CUTS) {
  test(`the words of "${text}" are ${words.join(', ') || 'none'}`, () => {
    assert.deepEqual(distinctWordsOf(text), words);
    assert.deepEqual(wordsOf(`${text} ${text}`), `${wordsOf(text)} ${wordsOf(text)}`.trim());
  });
}

test('the characters of a word beyond the limit are ignored, also beyond the BMP', () => {
  assert.equal(wordsOf('x'.repeat(MAX_WORD_LENGTH + 1)), 'x'.repeat(MAX_WORD_LENGTH));
  const letter = '\u{10428}';
  assert.equal(wordsOf(letter.repeat(200)), letter.repeat(MAX_WORD_LENGTH));
});

test('the fast way gives the words of the general one for any ASCII text', () => {
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 300 });
  fc.assert(
    fc.property(
      fc.oneof(
        ascii,
        SCRIPTS.ascii,
        fc.stringMatching(/^[ -,a-zA-Z]{60,140}$/),
        fc.stringMatching(/^[a-z]{60,70}(?:[ ._][a-z]{60,70})?$/),
      ),
      (text) => {
        assert.equal(wordsOf(text), cut(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('case and Unicode form make no difference to the words of any character', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    const forms = [
      character.toUpperCase(),
      character.toLowerCase(),
      character.normalize('NFC'),
      character.normalize('NFKD'),
    ];
    for (const form of forms) {
      if (form !== character) assert.equal(wordsOf(form), wordsOf(character), `U+${code.toString(16)}`);
    }
  }
});

test('case and Unicode form make no difference to the words of any text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const words = wordsOf(text);
      for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) assert.equal(wordsOf(text.normalize(form)), words, form);
      assert.equal(wordsOf(words), words);
      assert.equal(wordsOf(text.toUpperCase()), words);
      for (const word of distinctWordsOf(text)) {
        assert.match(word, /^[a-z0-9\u0080-\u{10ffff}]{1,64}$/u);
        assert.doesNotMatch(word, /[^\p{L}\p{N}\p{M}]/u);
      }
    }),
    { numRuns: 2_000 },
  );
});
