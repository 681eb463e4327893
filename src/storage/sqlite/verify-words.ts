import { hash } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { storedWords, TASK_SEARCH, USER_SEARCH } from '../sql/search-words.ts';
import { areWordsCurrent } from './search-index.ts';
import type { Check } from './verify-check.ts';

/**
 * The checks of the words by which searches find users and tasks: those of each row must be the words of its texts. None if
 * the words were made by rules of another program, because the next start makes them again.
 *
 * @param db a database of the newest version, in which this creates temporary tables.
 */
export function wordChecks(db: DatabaseSync): Check[] {
  if (!areWordsCurrent(db)) return [];
  return [USER_SEARCH, TASK_SEARCH].flatMap(({ index, id, texts }) => {
    const [rows, name] = index === USER_SEARCH.index ? ['users WHERE deleted = 0', 'user'] : ['tasks', 'task'];
    const stored = `temp.${index}_stored`;
    db.exec(`CREATE VIRTUAL TABLE ${stored} USING fts5vocab (main, ${index}, instance)`);
    const sums = new Sums();
    let last = { word: '', number: 0 };
    return [
      {
        title: `reading the words of ${name}s`,
        query: `SELECT doc, term FROM ${stored}`,
        problemOf: ([rowId, word]) => {
          // In the order of words.
          if (word !== last.word) last = { word: word as string, number: toNumber(word as string) };
          sums.add(rowId as number, last.number);
          return undefined;
        },
      },
      {
        title: `comparing the words of ${name}s`,
        rows,
        query: `SELECT ${id}, ${texts.join(', ')} FROM ${rows}`,
        problemOf: ([rowId, ...values]) =>
          sumOf(values) === sums.get(rowId as number)
            ? undefined
            : `${index}: the words of ${name} ${rowId} are not those of its texts`,
      },
      {
        title: `looking for words of missing ${name}s`,
        query: `SELECT DISTINCT doc FROM ${stored} WHERE doc NOT IN (SELECT ${id} FROM ${rows})`,
        problemOf: ([rowId]) => `${index}: there are words of ${name} ${rowId}, which is missing`,
      },
    ];
  });
}

/** The sum of the numbers of the different words of texts. */
function sumOf(texts: SQLOutputValue[]): number {
  const words = storedWords(...(texts as (string | null)[]));
  let sum = 0;
  if (words !== '') for (const word of new Set(words.split(' '))) sum += toNumber(word);
  return sum;
}

/** A number of 40 bits for a word. The sum for all words of a row is exact. */
function toNumber(word: string): number {
  return hash('sha256', word, 'buffer').readUIntBE(0, 5);
}

/** The ids of a block. Ids are consecutive but for deleted rows. */
const BLOCK_LENGTH = 4096;

/** A sum for each id, in eight bytes: a Map with millions of entries would take a gigabyte. */
class Sums {
  readonly #blocks = new Map<number, Float64Array>();

  get(id: number): number {
    return this.#blocks.get(Math.floor(id / BLOCK_LENGTH))?.[id % BLOCK_LENGTH] ?? 0;
  }

  add(id: number, number: number): void {
    const key = Math.floor(id / BLOCK_LENGTH);
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = new Float64Array(BLOCK_LENGTH);
      this.#blocks.set(key, block);
    }
    block[id % BLOCK_LENGTH] = this.get(id) + number;
  }
}
