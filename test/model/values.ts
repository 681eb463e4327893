import { type DateTime, instant, spell, spelling } from '../formats/date-times.ts';
import fc from '../support/fast-check.ts';

/** An address as a client writes it. All spellings with the same `owner` are one address. */
export interface Address {
  text: string;
  owner: number;
}

/** Each row has spellings of one address. They are written by hand, so that the program's own rules are not used. */
const SPELLINGS: string[][] = [
  ['ada@example.com', 'Ada@example.com', 'ADA@EXAMPLE.COM', 'ada@Example.Com'],
  ['Bob@example.com', 'bob@example.com'],
  ['bob+tasks@example.com', 'BOB+TASKS@example.com'],
  ['b.ob@example.com'],
  ['ada@example.org'],
  ['a@example.com', 'A@EXAMPLE.com'],
  ['z@example.com', 'Z@example.com'],
  // Composed, decomposed, and capitals of both.
  ['zo\u00eb@example.com', 'zoe\u0308@example.com', 'ZO\u00cb@example.com', 'ZOE\u0308@EXAMPLE.COM'],
  ['zoe@example.com'],
  ['b\u00fcro@b\u00fccher.example', 'bu\u0308ro@bu\u0308cher.example', 'B\u00dcRO@xn--bcher-kva.example'],
  ['иван@пример.рф', 'ИВАН@ПРИМЕР.РФ', 'Иван@xn--e1afmkfd.xn--p1ai', 'иван@XN--E1AFMKFD.XN--P1AI'],
  // Sharp s stands for itself in a domain, and its capitals are other letters.
  ['info@stra\u00dfe.example', 'INFO@xn--strae-oqa.example'],
  ['info@strasse.example', 'info@STRASSE.example'],
  ['stra\u00dfe@example.com'],
  ['strasse@example.com', 'STRASSE@example.com'],
  // A capital I with a dot becomes two characters.
  ['\u0130@example.com', 'I\u0307@example.com', 'i\u0307@example.com'],
  ['i@example.com', 'I@example.com'],
  ['用户@例え.jp', '用户@xn--r8jz45g.jp'],
  // Beyond the BMP, with and without another case.
  ['\u{1f600}@example.com', '\u{1f600}@EXAMPLE.com'],
  ['\u{10428}@example.com', '\u{10400}@example.com'],
  ['\ufb01@example.com'],
];

export const ADDRESSES: Address[][] = SPELLINGS.map((texts, owner) => texts.map((text) => ({ text, owner })));

export const address: fc.Arbitrary<Address> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ADDRESSES.flat()) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 100, max: 999 }).chain((owner) =>
      fc
        .constantFrom(`user${owner}@example.com`, `User${owner}@Example.Com`, `USER${owner}@EXAMPLE.COM`)
        .map((text) => ({
          text,
          owner,
        })),
    ),
  },
);

/** Texts that sort differently by code point, by UTF-16 unit, by language and without case. */
const TEXTS = ['a', 'A', 'b', 'B', 'Z', 'aa', 'a ', ' a', 'a\u0301', '\u00e1', 'ß', 'ss', '-', '_', '0', '10', '9'];
const HIGH_TEXTS = [
  '\ue000',
  '\ufb01',
  '\uff21',
  '\ufffd',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
  '\u{10ffff}',
  'a\u{1f600}',
];

/** A name or a title. There are few, so that many are equal. */
export const visibleText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 3, arbitrary: fc.constantFrom(...HIGH_TEXTS) },
  {
    weight: 2,
    arbitrary: fc
      .string({ unit: 'binary', minLength: 1, maxLength: 80 })
      .filter((text) => !text.includes('\0') && /[^\p{White_Space}\ufeff]/u.test(text)),
  },
);

export const description: fc.Arbitrary<string | null> = fc.oneof(
  fc.constantFrom(null, ' ', 'Buy milk', '\u{1f600}'.repeat(255)),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }).filter((text) => !text.includes('\0')),
);

/** Starts of words of the texts and addresses above, as clients may write them; and some that are nowhere. */
export const searchText: fc.Arbitrary<string> = fc.constantFrom(
  ...['a', 'A\u0301', 'aa', 'b', 'Z', 'ss', 'ß', '0', '1', '10', 'fi', '\uff21', 'buy', 'MILK bu', 'milk!', 'ilk'],
  ...[
    'ada@example.com',
    'bob',
    'zoe',
    'ZOË',
    'buro',
    'иван',
    'strasse',
    'stra',
    'i',
    '用户',
    '\u{10400}',
    'user1',
    'none',
  ],
);

/** Mostly instants close together, so that some are equal and some are a microsecond apart. */
const dueInstant = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom(-62_135_596_800_000_000n, -1_000n, 0n, 1_772_366_400_000_000n, 253_402_300_799_999_990n),
        fc.constantFrom(0n, 1n, 2n, 9n),
      )
      .map(([base, more]) => base + more),
  },
  { weight: 1, arbitrary: instant },
);

export const dueDate: fc.Arbitrary<DateTime> = fc
  .tuple(dueInstant, spelling)
  .map(([micros, how]) => spell(micros, how));

/** Numbers that sort differently as text. */
export const warningOffset: fc.Arbitrary<number> = fc.constantFrom(0, 1, 2, 9, 10, 100, 6_399, 63_999, 64_000);

export const STATUSES = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'];

export const status: fc.Arbitrary<string> = fc.constantFrom(...STATUSES);
