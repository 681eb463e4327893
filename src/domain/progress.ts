/** Receives the progress of the steps of a long command: the rows of a table, the pages of a file, a comparison. */
export interface Progress {
  /** A step starts. `done` of its `total` units were done before. */
  start: (title: string, unit: string, total: number, done: number) => void;
  /** `count` more units are done. */
  advance: (count: number) => void;
  /** The step has ended. */
  stop: () => void;
}
