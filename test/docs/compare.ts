import { AssertionError } from 'node:assert';
import type { Output } from './steps.ts';

const HOUR = 3_600_000;
const REQUEST_ID = 'req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const DATE = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?(?:Z|[+-]\\d\\d:\\d\\d)?';
const HTTP_DATE = '[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT';
const TOKEN = 'tmapi_\\d+_[0-9A-Za-z]+';
const WAIT = 'Try again in \\d+ seconds';
/** What differs from run to run: where it stands in an expected text, anything of its kind will do. */
const VARYING = [REQUEST_ID, TOKEN, WAIT];
const SPECIAL = new RegExp(`(${[...VARYING, DATE, HTTP_DATE, '…'].join('|')})`);
const DATES = new RegExp(`${DATE}|${HTTP_DATE}`, 'g');
/** Stands for an instant of this run in what was printed. */
const NOW = '<now>';
/** Headers whose number depends on the time and on earlier requests. */
const COUNTING_HEADERS = ['x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after'];

/**
 * Compares what a block printed with the output that the document shows.
 *
 * @throws AssertionError with the difference.
 */
export function assertOutput(language: Output, printed: string, shown: string): void {
  if (language === 'json') assertText(indent(printed, 'what was printed'), indent(shown, 'the output shown'));
  else if (language === 'http') assertText(viewOfResponse(printed, shown), formatBody(shown.replaceAll('\r', '')));
  else assertText(printed, shown);
}

/** Compares line by line; spaces at the ends of lines do not count. */
function assertText(printed: string, shown: string): void {
  const [actual, expected] = [tidy(printed), tidy(shown)];
  if (patternOf(expected).test(`${actual.replaceAll(DATES, orNow)}\n`)) return;
  const message = `The document shows another output.\n\nShown:\n${expected}\n\nPrinted:\n${actual}\n`;
  throw new AssertionError({ message, actual, expected, operator: 'match' });
}

/** `…` on a line of its own stands for any lines, inside a line for any text. */
function patternOf(expected: string): RegExp {
  const lines = expected.split('\n').map((line) => {
    if (line.trim() === '…') return '(?:.*\\n)*?';
    return `${line.split(SPECIAL).map(patternOfPart).join('')}\\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}

function patternOfPart(part: string): string {
  if (part === '…') return '.*';
  const kind = VARYING.find((pattern) => isWhole(pattern, part));
  if (kind !== undefined) return kind;
  if (isWhole(DATE, part) || isWhole(HTTP_DATE, part)) return `(?:${RegExp.escape(part)}|${NOW})`;
  return RegExp.escape(part);
}

function isWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

/** A time of the last hour is the server's clock; any other, such as a due date, has to be exactly what is shown. */
function orNow(date: string): string {
  return Math.abs(Date.now() - Date.parse(date)) < HOUR ? NOW : date;
}

function tidy(text: string): string {
  return text.replaceAll(/[ \t\r]+$/gm, '').replace(/^\n+|\n+$/g, '');
}

/** One way of writing for all that is the same JSON. */
function indent(text: string, what: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch (error) {
    throw new Error(`${what} is not one JSON value: ${(error as Error).message}\n${text}`);
  }
}

/** The response that `curl -i` printed with those headers only that the document shows, in its order and spelling. */
function viewOfResponse(printed: string, shown: string): string {
  const { statusLine, headers, body } = splitResponse(printed);
  if (!statusLine.startsWith('HTTP/'))
    throw new Error(`the block before must print one response (curl -i):\n${printed}`);
  const view = splitResponse(shown).headers.map(([name, value]) => {
    const found = headers.find(([other]) => other.toLowerCase() === name.toLowerCase());
    if (found === undefined) return `${name}: (the response has no such header)`;
    const counts = COUNTING_HEADERS.includes(name.toLowerCase()) && /^\d+$/.test(found[1]);
    return `${name}: ${counts ? value : found[1]}`;
  });
  return formatBody([statusLine, ...view, '', body].join('\n'));
}

function splitResponse(text: string): { statusLine: string; headers: [string, string][]; body: string } {
  const { head, body } = splitAtBlankLine(text.replaceAll('\r', ''));
  const [statusLine = '', ...lines] = head.split('\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { statusLine: statusLine.trimEnd(), headers, body };
}

function formatBody(response: string): string {
  const { head, body } = splitAtBlankLine(response);
  try {
    return `${head}\n\n${JSON.stringify(JSON.parse(body), null, 2)}`;
  } catch {
    // Not JSON: compared as it is.
    return `${head}\n\n${body}`;
  }
}

function splitAtBlankLine(text: string): { head: string; body: string } {
  const start = text.trimStart();
  const end = start.indexOf('\n\n');
  return end === -1 ? { head: start.trimEnd(), body: '' } : { head: start.slice(0, end), body: start.slice(end + 2) };
}
