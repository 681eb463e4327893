import { spawnSync } from 'node:child_process';

/**
 * Why Python examples cannot be run here, or undefined when they can.
 *
 * @throws Error where they must run: in CI.
 */
export function whyNoPython(env: NodeJS.ProcessEnv): string | undefined {
  if (spawnSync('python3', ['-c', 'import requests'], { env }).status === 0) return undefined;
  const reason = 'python3 with the package `requests` is not installed (pip install requests)';
  if (env.CI) throw new Error(reason);
  return reason;
}
