import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A table of a results file: the value of a cell, by the first cell of its row and the heading of its column. */
export interface Table {
  rows: readonly string[];
  /** The headings, without that of the first column. */
  columns: readonly string[];
  /**
   * The number with which the cell begins: 2.76 for `2.76 (2.59 to 3.66)`.
   *
   * @throws Error if there is no such cell, or no number in it.
   */
  number(row: string, column: string): number;
}

/** The sections of a results file, by their headings. */
export class Results {
  readonly #name: string;
  readonly #sections: ReadonlyMap<string, string>;

  constructor(name: string, markdown: string) {
    this.#name = name;
    const sections = markdown.split(/^## /m).slice(1);
    this.#sections = new Map(sections.map((section) => [firstLine(section), section]));
  }

  /** Of the sections, in order. */
  get headings(): string[] {
    return [...this.#sections.keys()];
  }

  /** @throws Error if there is no such section. */
  section(heading: string): string {
    const section = this.#sections.get(heading);
    if (section === undefined) throw new Error(`${this.#name} has no section "${heading}"`);
    return section;
  }

  /** The first table of a section. */
  table(heading: string): Table {
    const lines = this.section(heading).split('\n');
    const start = lines.findIndex((line) => line.startsWith('|'));
    const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'));
    const [head = [], , ...body] = lines.slice(start, end).map(cells);
    const where = `${this.#name}, section "${heading}"`;
    return {
      rows: body.map(([title = '']) => title),
      columns: head.slice(1),
      number: (row, column) => {
        const cell = body.find(([title]) => title === row)?.[head.indexOf(column)];
        return parseNumber(cell ?? '', `${where}, row "${row}", column "${column}"`);
      },
    };
  }

  /** The number that a pattern's first group finds in the text of a section. */
  numberInText(heading: string, pattern: RegExp): number {
    return parseNumber(pattern.exec(this.section(heading))?.[1] ?? '', `${this.#name}: ${pattern}`);
  }
}

/** A results file of this folder. */
export function readResults(name: string): Results {
  return new Results(name, readFileSync(join(import.meta.dirname, name), 'utf8'));
}

function firstLine(text: string): string {
  return text.slice(0, text.indexOf('\n'));
}

function cells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function parseNumber(text: string, where: string): number {
  const digits = /^[\d,]+(?:\.\d+)?/.exec(text)?.[0];
  if (digits === undefined) throw new Error(`no number: ${where}`);
  return Number(digits.replaceAll(',', ''));
}
