import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Results, readResults, type Table } from './results.ts';

/** What each panel shows: the workload, as the results name it, and its title. */
const PANELS: readonly [workload: string, title: string][] = [
  ['create', 'Create a user'],
  ['get', 'Get a user'],
  ['list', 'List, filtered by email address'],
  ['mix', 'Mix: 70 % get, 20 % list, 10 % create'],
];

/** The server that stands out. */
const OURS = 'this service';
const TITLE = 'Requests per second with 64 connections';
const NOTES = [
  'Before it responds to a create, this service has the user on disk, and so has Express. The others do not wait for the disk.',
  'Bare node:http stores nothing. Longer is better; each panel has a scale of its own.',
];

/** Sizes in pixels. */
const WIDTH = 800;
const MARGIN = 24;
const PANEL_WIDTH = (WIDTH - 3 * MARGIN) / 2;
const NAME_WIDTH = 172;
const VALUE_WIDTH = 56;
const ROW_HEIGHT = 22;
const BAR_HEIGHT = 14;
const PANEL_TOP = 76;
const PANEL_TITLE_HEIGHT = 28;
const PANEL_GAP = 22;

const STYLE = `
    svg { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
    .background { fill: #ffffff; } text { fill: #1f2328; } .note { fill: #59636e; font-size: 12px; }
    .bar { fill: #aab4be; } .ours .bar { fill: #0969da; } .ours text, .heading { font-weight: 600; }
    .title { font-size: 17px; font-weight: 600; } .name, .value { dominant-baseline: central; } .name { text-anchor: end; }
    @media (prefers-color-scheme: dark) {
      .background { fill: #0d1117; } text { fill: #f0f6fc; } .note { fill: #9198a1; }
      .bar { fill: #59626c; } .ours .bar { fill: #4493f8; }
    }
  `;

/** The picture of the results: requests/s of each server under each workload. It adapts to a light or dark page. */
export function drawPicture(results: Results): string {
  const table = results.table('Requests/s');
  const panelHeight = PANEL_TITLE_HEIGHT + table.columns.length * ROW_HEIGHT + PANEL_GAP;
  const notesTop = PANEL_TOP + 2 * panelHeight + 6;
  const height = notesTop + NOTES.length * 18 + 6;
  const panels = PANELS.map(([workload, title], index) => {
    const x = MARGIN + (index % 2) * (PANEL_WIDTH + MARGIN);
    const y = PANEL_TOP + Math.floor(index / 2) * panelHeight;
    return drawPanel(table, workload, title, x, y);
  });
  const notes = NOTES.map(
    (note, i) => `  <text class="note" x="${MARGIN}" y="${notesTop + i * 18}">${escapeXml(note)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">
  <title id="title">${TITLE}</title>
  <desc id="description">${escapeXml(describe(table))}</desc>
  <style>${STYLE}</style>
  <rect class="background" width="${WIDTH}" height="${height}" rx="8"/>
  <text class="title" x="${MARGIN}" y="38">${TITLE}</text>
${panels.join('\n')}
${notes.join('\n')}
</svg>
`;
}

function drawPanel(table: Table, workload: string, title: string, x: number, y: number): string {
  const values = table.columns.map((column) => readValue(table, workload, column));
  const scale = (PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH) / Math.max(...values);
  const rows = table.columns.map((column, i) => {
    const value = values[i] as number;
    const middle = PANEL_TITLE_HEIGHT + i * ROW_HEIGHT;
    const width = Math.max(1, value * scale).toFixed(1);
    const bar = `<rect class="bar" x="${NAME_WIDTH}" y="${middle - BAR_HEIGHT / 2}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`;
    const name = `<text class="name" x="${NAME_WIDTH - 8}" y="${middle}">${escapeXml(plain(column))}</text>`;
    const number = `<text class="value" x="${(NAME_WIDTH + Number(width) + 6).toFixed(1)}" y="${middle}">${format(value)}</text>`;
    return `    <g${column === OURS ? ' class="ours"' : ''}>${name}${bar}${number}</g>`;
  });
  return `  <g transform="translate(${x} ${y})">
    <text class="heading" x="0" y="0">${escapeXml(title)}</text>
${rows.join('\n')}
  </g>`;
}

/** Every number in words, for those who do not see the picture. */
function describe(table: Table): string {
  const sentences = PANELS.map(([workload, title]) => {
    const values = table.columns.map((column) => `${plain(column)} ${format(readValue(table, workload, column))}`);
    return `${title}: ${values.join(', ')}.`;
  });
  return sentences.join(' ');
}

function readValue(table: Table, workload: string, column: string): number {
  return table.number(`${workload}, 64 connections`, column);
}

/** Without the marks of Markdown. */
function plain(column: string): string {
  return column.replaceAll('`', '');
}

function format(value: number): string {
  return value.toLocaleString('en');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Draws RESULTS.md into results.svg. */
export function writePicture(): void {
  writeFileSync(join(import.meta.dirname, 'results.svg'), drawPicture(readResults('RESULTS.md')));
}

if (import.meta.main) writePicture();
