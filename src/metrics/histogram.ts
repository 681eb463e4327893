import type { Metric, Registry } from '@prometheus-io/client';

/** The counts of one combination of labels. */
export class Series {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds the upper bounds of the buckets, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let i = 0;
    while (i < this.#bounds.length && value > (this.#bounds[i] as number)) i++;
    this.#counts[i] = (this.#counts[i] as number) + 1;
    this.#sum += value;
  }

  /** The number of values. */
  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The value below which this part of the values is, such as 0.99, as Prometheus estimates it: linear within a bucket. Above
   * the highest bound, that bound. NaN without values.
   */
  quantile(part: number): number {
    const rank = part * this.count;
    let below = 0;
    for (const [i, bound] of this.#bounds.entries()) {
      const count = this.#counts[i] as number;
      if (count > 0 && below + count >= rank) {
        const lower = this.#bounds[i - 1] ?? 0;
        return lower + ((bound - lower) * (rank - below)) / count;
      }
      below += count;
    }
    return below === 0 && this.count === 0 ? Number.NaN : (this.#bounds.at(-1) as number);
  }

  /** The samples in Prometheus's form, where the count of a bucket includes those of the smaller buckets. */
  samples(name: string, labels: Record<string, string>): Sample[] {
    let count = 0;
    const buckets = [...this.#bounds, '+Inf'].map((le, i) => {
      count += this.#counts[i] as number;
      return { metricName: `${name}_bucket`, labels: { le: String(le), ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

interface Sample {
  metricName: string;
  labels: Record<string, string>;
  value: number;
}

export interface HistogramOptions {
  registry: Registry;
  name: string;
  help: string;
  /** The upper bounds of the buckets, ascending. */
  bounds: readonly number[];
}

/**
 * A histogram whose series are resolved once, by the caller. The library's histogram looks up a series by an object of
 * labels with every observation, which would cost more than all else that is measured of a request.
 */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #series: { labels: Record<string, string>; series: Series }[] = [];

  constructor({ registry, name, help, bounds }: HistogramOptions) {
    this.#bounds = bounds;
    const get = async () => ({
      ...{ name, help, type: 'histogram', aggregator: 'sum' },
      values: this.#series.flatMap(({ labels, series }) => series.samples(name, labels)),
    });
    // The registry reads no more of a metric than this; the type has the library's own classes only.
    registry.registerMetric({ name, get } as unknown as Metric);
  }

  /** A new series. Keep it: there must be one for each combination of labels. */
  add(labels: Record<string, string> = {}): Series {
    const series = new Series(this.#bounds);
    this.#series.push({ labels, series });
    return series;
  }
}
