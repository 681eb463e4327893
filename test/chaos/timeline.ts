import type { Operation } from './history.ts';
import { type Result, summarize } from './report.ts';

/** Sizes in pixels. */
const WIDTH = 960;
const LEFT = 150;
const RIGHT = 20;
const TOP = 64;
const ROW_HEIGHT = 20;
const BAR_HEIGHT = 12;
const CHART_HEIGHT = 110;
/** Of the charts; each is at least a second wide. */
const MAX_COLUMNS = 240;
const NOTE_HEIGHT = 16;

const STYLE = `
    svg { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
    .background { fill: #ffffff; } text { fill: #1f2328; } .note { fill: #59636e; } .title { font-size: 16px; font-weight: 600; }
    .line { stroke: #d1d9e0; } .name { text-anchor: end; } .name { dominant-baseline: central; } .axis { text-anchor: middle; }
    .failure { fill: #bc4c00; } .recovery { fill: #f2c9a6; } .writes { fill: #0969da; } .unknown { fill: #9a6700; }
    .latency { fill: none; stroke: #8250df; stroke-width: 1.5; } .violation { stroke: #d1242f; stroke-width: 2; }
    @media (prefers-color-scheme: dark) {
      .background { fill: #0d1117; } text { fill: #f0f6fc; } .note { fill: #9198a1; } .line { stroke: #3d444d; }
      .failure { fill: #db6d28; } .recovery { fill: #5a3413; } .writes { fill: #4493f8; } .unknown { fill: #d29922; }
      .latency { stroke: #ab7df8; } .violation { stroke: #f85149; }
    }
  `;

/** The picture of a run: failures by kind, acknowledged writes, their durations, and violations, over time. */
export function drawTimeline(result: Result): string {
  const { injected, history, violations } = result;
  const end = Math.max(result.durationMs, ...history.operations.map((one) => one.end));
  const [title = '', ...figures] = summarize(result);
  const x = (ms: number) => LEFT + (ms / end) * (WIDTH - LEFT - RIGHT);
  const kinds = [...new Set(injected.map(({ name }) => name))].sort();
  const chartTop = TOP + kinds.length * ROW_HEIGHT + 24;
  const latencyTop = chartTop + CHART_HEIGHT + 30;
  const bottom = latencyTop + CHART_HEIGHT;
  const height = bottom + 40 + (figures.length + 1) * NOTE_HEIGHT;
  const writes = history.operations.filter(({ kind }) => ['create', 'update', 'delete'].includes(kind));
  const parts = [
    `<rect class="background" width="${WIDTH}" height="${height}"/>`,
    text(LEFT, 24, `Failures and their effects: ${title}`, 'title'),
    text(LEFT, 44, 'Dark: the failure lasts. Light: until all machines work again.', 'note'),
    ...kinds.flatMap((kind, i) => {
      const y = TOP + i * ROW_HEIGHT;
      const bars = injected.filter(({ name }) => name === kind);
      return [
        text(LEFT - 8, y + BAR_HEIGHT / 2, kind, 'name'),
        ...bars.map(({ from, recovered }) => bar(x(from), y, x(recovered) - x(from), BAR_HEIGHT, 'recovery')),
        ...bars.map(({ from, until, target }) =>
          bar(x(from), y, x(until) - x(from), BAR_HEIGHT, 'failure', `${kind}: ${target}`),
        ),
      ];
    }),
    ...drawWrites(writes, end, x, chartTop),
    ...drawLatency(writes, end, x, latencyTop),
    ...violations.flatMap(({ at, kind }) =>
      at === undefined
        ? []
        : [
            `<line class="violation" x1="${x(at)}" x2="${x(at)}" y1="${TOP}" y2="${bottom}"><title>${kind}</title></line>`,
          ],
    ),
    ...drawAxis(end, x, bottom),
    ...figures.map((figure, i) => text(LEFT, bottom + 40 + i * NOTE_HEIGHT, figure, 'note')),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title description">
  <title id="title">${escapeXml(`Failures and their effects: ${title}`)}</title>
  <desc id="description">${escapeXml(figures.join('; '))}</desc>
  <style>${STYLE}</style>
  ${parts.join('\n  ')}
</svg>
`;
}

/** The writes that ended in each column of the charts. */
function columnsOf(writes: readonly Operation[], end: number): Operation[][] {
  const count = Math.min(MAX_COLUMNS, Math.ceil(end / 1_000));
  const columns = Array.from({ length: count }, (): Operation[] => []);
  for (const write of writes) columns[Math.min(count - 1, Math.floor((write.end / end) * count))]?.push(write);
  return columns;
}

function drawWrites(writes: readonly Operation[], end: number, x: (ms: number) => number, top: number): string[] {
  const columns = columnsOf(writes, end);
  const seconds = end / columns.length / 1_000;
  const highest = Math.max(1, ...columns.map(({ length }) => length));
  const width = (WIDTH - LEFT - RIGHT) / columns.length;
  const bars = columns.flatMap((column, i) => {
    const unknown = column.filter(({ outcome }) => outcome === 'unknown').length;
    const [height, unknownHeight] = [column.length, unknown].map((count) => (count / highest) * CHART_HEIGHT) as [
      number,
      number,
    ];
    const left = x((i / columns.length) * end);
    const base = top + CHART_HEIGHT;
    return [
      bar(left, base - height, width, height - unknownHeight, 'writes'),
      bar(left, base - unknownHeight, width, unknownHeight, 'unknown'),
    ];
  });
  return [
    text(LEFT - 8, top + 6, 'writes/s', 'name'),
    text(LEFT - 8, top + 24, `at most ${(highest / seconds).toFixed(0)}`, 'name note'),
    text(LEFT - 8, top + 42, 'brown: unknown', 'name note'),
    ...bars,
  ];
}

function drawLatency(writes: readonly Operation[], end: number, x: (ms: number) => number, top: number): string[] {
  const slowest = columnsOf(writes, end).map((column) => Math.max(0, ...column.map((one) => one.end - one.start)));
  const highest = Math.max(1, ...slowest);
  const points = slowest.map((ms, i) => {
    const y = top + CHART_HEIGHT - (ms / highest) * CHART_HEIGHT;
    return `${round(x(((i + 0.5) / slowest.length) * end))},${round(y)}`;
  });
  return [
    text(LEFT - 8, top + 6, 'slowest write', 'name'),
    text(LEFT - 8, top + 24, 'with its retries', 'name note'),
    text(LEFT - 8, top + 42, `at most ${(highest / 1_000).toFixed(1)} s`, 'name note'),
    `<polyline class="latency" points="${points.join(' ')}"/>`,
  ];
}

function drawAxis(end: number, x: (ms: number) => number, y: number): string[] {
  const minutes = end / 60_000;
  const step = minutes > 12 ? 5 : minutes > 4 ? 1 : 0.5;
  const marks = Array.from({ length: Math.floor(minutes / step) + 1 }, (_, i) => i * step);
  return [
    `<line class="line" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>`,
    ...marks.map((minute) => text(x(minute * 60_000), y + 16, `${minute} min`, 'axis note')),
  ];
}

function bar(x: number, y: number, width: number, height: number, name: string, title?: string): string {
  if (height <= 0) return '';
  const label = title === undefined ? '/>' : `><title>${escapeXml(title)}</title></rect>`;
  return `<rect class="${name}" x="${round(x)}" y="${round(y)}" width="${round(Math.max(width, 1))}" height="${round(height)}"${label}`;
}

function text(x: number, y: number, content: string, name: string): string {
  return `<text class="${name}" x="${round(x)}" y="${round(y)}">${escapeXml(content)}</text>`;
}

function round(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}

function escapeXml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
