import styles from './skeleton.module.css';

/** Holds the space of what is being loaded. Sizes are CSS lengths. */
export function Skeleton({ width = '100%', height = '12px' }: { width?: string; height?: string }) {
  return <span aria-hidden="true" className={styles.skeleton} style={{ width, height }} />;
}

/** Rows of a list that is being loaded. */
export function SkeletonRows({ count }: { count: number }) {
  return Array.from({ length: count }, (_, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike
    <div key={index} className={styles.row}>
      <Skeleton width={`${30 + ((index * 17) % 40)}%`} />
    </div>
  ));
}
