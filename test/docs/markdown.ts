/** One fenced code block of a Markdown document. */
export interface Block {
  /** Where its opening fence is, from 1. */
  line: number;
  /** The first word after the fence, or '' when there is none. */
  language: string;
  /** What is between the fences, without the fence's own indentation. */
  text: string;
  /** What the `<!-- test: … -->` comments right before it say. */
  notes: string[];
  /** Whether no heading stands between it and the block before. */
  sameSection: boolean;
}

const COMMENT = /^\s*<!-- test: (.+) -->\s*$/;
/** A fence, possibly right after the marks of a list's items: the indentation, the fence itself, what follows. */
const FENCE = /^(\s*(?:(?:[-*+]|\d+[.)])\s+)*)(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;
const QUOTED_FENCE = /^\s*>.*(?:`{3,}[^`]*|~{3,}.*)$/;

/**
 * The fenced code blocks of a document, in order.
 *
 * @throws Error with the line's number for what would otherwise be passed over in silence: a fence that is not closed
 * or is inside a quotation, and a comment for the tests that no block follows.
 */
export function parseBlocks(markdown: string): Block[] {
  const lines = markdown.split(/\r?\n/);
  const blocks: Block[] = [];
  let notes: string[] = [];
  let sameSection = false;
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const where = `line ${at + 1}`;
    const note = COMMENT.exec(line)?.[1];
    if (note !== undefined) {
      notes.push(note);
      continue;
    }
    const [, prefix, fence, info] = FENCE.exec(line) ?? [];
    if (prefix === undefined || fence === undefined || info === undefined) {
      if (/^\s*<!--\s*test\b/.test(line)) throw new Error(`${where}: a comment for the tests reads <!-- test: … -->`);
      if (QUOTED_FENCE.test(line)) throw new Error(`${where}: a code block inside a quotation is not tested`);
      if (notes.length > 0 && line.trim() !== '') {
        throw new Error(`${where}: no code block follows the comment "test: ${notes.at(-1)}"`);
      }
      if (HEADING.test(line)) sameSection = false;
      continue;
    }
    const end = lines.findIndex((one, index) => index > at && closes(one, fence));
    if (end === -1) throw new Error(`${where}: this code block is not closed`);
    const text = lines.slice(at + 1, end).map((one) => withoutIndent(one, prefix.length));
    const language = info.trim().split(/\s+/)[0] ?? '';
    blocks.push({ line: at + 1, language, text: text.join('\n'), notes, sameSection });
    notes = [];
    sameSection = true;
    at = end;
  }
  if (notes.length > 0) throw new Error(`the end: no code block follows the comment "test: ${notes.at(-1)}"`);
  return blocks;
}

/** The closing fence is of the same character and at least as long. */
function closes(line: string, fence: string): boolean {
  const text = line.trim();
  return text.length >= fence.length && text === fence.charAt(0).repeat(text.length);
}

function withoutIndent(line: string, width: number): string {
  const indent = line.length - line.trimStart().length;
  return line.slice(Math.min(indent, width));
}
