import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatNumber, t } from '../i18n/t.ts';
import styles from './chart.module.css';

const HEIGHT = 120;

/** The names of the CSS variables of the lines, in their order. */
const COLOURS = ['--accent', '--warning'];

export interface Line {
  name: string;
  /** Null where there is no value. */
  values: readonly (number | null)[];
}

interface ChartProps {
  name: string;
  /** In seconds since the epoch. */
  times: readonly number[];
  lines: readonly Line[];
}

/** Small lines over the last minutes. Screen readers get the last and the highest value. */
export function Chart({ name, times, lines }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = [times, ...lines.map(({ values }) => values)] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  const names = lines.map((line) => line.name).join('\n');

  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(element, names.split('\n')), latest.current, element);
    };
    draw();
    const size = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    size.observe(element);
    // The colours are read when it is drawn.
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const theme = new MutationObserver(draw);
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      size.disconnect();
      theme.disconnect();
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the data is an array of its own with every render
  useEffect(() => plot.current?.setData(latest.current), [times, lines]);

  return (
    <figure className={styles.chart}>
      <figcaption className={styles.caption}>
        <span>{name}</span>
        {lines.map((line, index) => (
          <span key={line.name} className={styles.legend}>
            <span className={styles.key} style={{ background: `var(${COLOURS[index]})` }} aria-hidden="true" />
            {line.name !== name && line.name} <strong>{lastOf(line)}</strong>
          </span>
        ))}
      </figcaption>
      <div ref={place} role="img" aria-label={lines.map((line) => describe(name, line)).join('. ')} />
    </figure>
  );
}

function optionsFor(element: HTMLElement, names: string[]): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (variable: string) => {
    // A canvas does not know `light-dark()`: the browser computes it for a property.
    element.style.color = `var(${variable})`;
    const computed = style.color;
    element.style.color = '';
    return computed;
  };
  const text = colour('--text-soft');
  const grid = { stroke: colour('--border'), width: 1 };
  const axis = { stroke: text, grid, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    // The time at the end is not cut off.
    padding: [8, 28, 0, 0],
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      {
        ...axis,
        size: 24,
        space: 80,
        values: (_plot, ticks) =>
          ticks.map((at) => new Date(at * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })),
      },
      { ...axis, size: 48, space: 24, values: (_plot, ticks) => ticks.map(formatNumber) },
    ],
    series: [
      {},
      ...names.map((label, index) => ({
        label,
        stroke: colour(COLOURS[index] as string),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}

function lastOf({ values }: Line): string {
  const last = values.findLast((value) => value !== null);
  return last === undefined || last === null ? '–' : formatNumber(round(last));
}

function describe(name: string, line: Line): string {
  const max = Math.max(0, ...line.values.filter((value) => value !== null));
  return t('health.chart', { name: `${name}, ${line.name}`, last: lastOf(line), max: formatNumber(round(max)) });
}

/** Three digits are enough to read. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
