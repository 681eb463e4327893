import { spawnSync } from 'node:child_process';

/** The folder of the small disk, seen only by the program that runs on it. */
export const SMALL_DISK = '/mnt';

/**
 * A program and its arguments to run another one under, on a disk of its own in memory that is gone with it.
 *
 * @param options as tmpfs takes them, such as `size=64k`.
 * @param prepare shell commands that come first.
 */
export function onSmallDisk(options: string, prepare: string): string[] {
  const script = `mount -t tmpfs -o ${options} tmpfs ${SMALL_DISK} && ${prepare} && exec "$@"`;
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh'];
}

/** Why there can be no small disk here, or undefined if there can. */
export function whyNoSmallDisk(): string | undefined {
  const [program = '', ...args] = [...onSmallDisk('size=64k', 'true'), 'true'];
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) return `unshare cannot be run (${(error as NodeJS.ErrnoException).code})`;
  return status === 0 ? undefined : `unshare cannot mount a disk: ${stderr.trim()}`;
}
