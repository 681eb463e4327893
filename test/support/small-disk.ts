import { spawnSync } from 'node:child_process';

/** The mount point of the small disk, visible only to the program that runs on it. */
export const SMALL_DISK = '/mnt';

/**
 * Returns a wrapper program and its arguments, which runs another program with a small in-memory disk.
 *
 * @param options mount options of tmpfs, for example `size=64k`.
 * @param prepare shell commands to run first.
 */
export function onSmallDisk(options: string, prepare: string): string[] {
  const script = `mount -t tmpfs -o ${options} tmpfs ${SMALL_DISK} && ${prepare} && exec "$@"`;
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, 'sh'];
}

/** Why a small disk cannot be mounted, or undefined if it can. */
export function whyNoSmallDisk(): string | undefined {
  const [program = '', ...args] = [...onSmallDisk('size=64k', 'true'), 'true'];
  const { error, status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) return `unshare cannot be run (${(error as NodeJS.ErrnoException).code})`;
  return status === 0 ? undefined : `unshare cannot mount a disk: ${stderr.trim()}`;
}
