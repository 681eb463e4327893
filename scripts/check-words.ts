import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// Holds the project to the vocabulary of its field. Run by `npm run check`; prints each use of a word that has a standard
// term instead, and exits with 1 if there is any.

/** Where the words are looked for. */
const PATHS = [
  'src',
  'client',
  'console',
  'test',
  'docs',
  'scripts',
  'bench',
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
];
const THIS_FILE = 'scripts/check-words.ts';

/** What not to write, and the term to use. */
const REPLACED: readonly [pattern: RegExp, term: string][] = [
  [/answer/i, 'response, to respond'],
  [/\btold\b|\bsays? so\b/i, 'reported, indicates'],
  [/\be-mails?\b|(?<![\w-])mails?\b|\bmail[A-Z]|[a-z]Mails?(?![a-z])|\bMails?[A-Z]|\bMAILS?_/, 'email'],
  [/\bthe documents\b/i, 'the documentation'],
  [/\bcontract, section\b/i, 'a link to a page of docs/'],
  [/keepHouse|housekeeping/i, 'retention job'],
  [/\b(forget|forgot|forgotten|forgets)\b|\bforget[A-Z]|\bforgotten\b/, 'prune, delete'],
  [/\btwins?\b|Twin/, 'duplicate requests'],
  [/insertOnce|\bKeyed\b|\bkeyed\b/, 'idempotencyKey, insertIdempotently'],
  [/\b(bound|unbound) (token|to a user)|boundUser|boundBy/i, 'user token'],
  [/ShortMemory|\bremember(ed|s)?\b/i, 'cache, cached'],
  [/issuer keys?\b|issuerKeys/i, 'JWKS'],
  [/\b[Ff]aults?\b|[a-z]Faults?(?![a-z])|\b[Ff]aults?[A-Z]/, 'validation error, error'],
  [/(?<!CONN)refus(e|ed|es|al|als|ing)\b/i, 'reject, error response'],
  [/\bplaces?\b|[a-z]Place\b|\bplace[A-Z]/, 'position'],
  [
    /EventPosition|event position|\bskipTo\b|\bsettled?\b|[a-z]Settled?\b|\bsettling\b/,
    'offset, seek, high-water mark, record',
  ],
  [/\bmarked\b|Marked\b/, 'soft-deleted'],
  [/\bunder ?way\b|underWay|UnderWay|UNDER_WAY/i, 'in flight'],
  [/\btick(s|ed)?\b/, 'runOnce, poll'],
  [/\bnote[A-Z]\w*\(|\bnoted\b/, 'record'],
  [/\b(REST|PAUSE|PATIENCE|ECHO|MOMENT)\b/, 'a name with its unit, such as POLL_INTERVAL_MS'],
  [/\bconst [A-Z_]*(TIMEOUT|INTERVAL|PAUSE|DELAY|LIFETIME|LEASE)\b/, 'a name with its unit, such as STOP_TIMEOUT_MS'],
  [/\baway\b/i, 'unavailable, down'],
  [/\b(still|no) good\b|StillGood|\bgood (for|until|as well|still)\b|\b(is|are|was|were) good\b/i, 'valid, invalid'],
  [/\banew\b|\bwhoever\b|\bwhomever\b|\bthereof\b|\bsuch a one\b|\b(nobody|somebody)\b/i, 'plain words'],
  [/\b(Part|WAYS|SUBJECTS|seeding)\b/, 'JsonObject, strategies, targets, seed'],
];

/** Uses that are standard: an error code of the system, a name of a library or a standard. */
const ALLOWED = [
  /mail\.example\.com/g,
  /\bonMailFrom\b/g,
  /ECONNREFUSED|connection refused/gi,
  /allSettled|\bsendMail\b|\btimers\.tick\(/g,
  /\btake(s|n)? place\b|\bin place( of)?\b|\bin the first place\b/gi,
];

const files = execFileSync('git', ['ls-files', ...PATHS], { encoding: 'utf8' }).split('\n');
let count = 0;
for (const file of files) {
  if (file === '' || file === THIS_FILE || !/\.(ts|js|sql|html|css|md|json|yaml|py)$/.test(file)) continue;
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [i, line] of lines.entries()) {
    const text = ALLOWED.reduce((rest, allowed) => rest.replaceAll(allowed, ''), line);
    for (const [pattern, term] of REPLACED) {
      const found = pattern.exec(text);
      if (found === null) continue;
      count++;
      process.stderr.write(`${file}:${i + 1}: "${found[0]}": ${term}\n`);
    }
  }
}
if (count > 0) {
  process.stderr.write(`${count} words have a standard term instead.\n`);
  process.exitCode = 1;
}
