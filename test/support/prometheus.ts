import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findFreePort } from './free-port.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

const SCRAPE_INTERVAL_S = 2;
const POLL_INTERVAL_MS = 200;

/** Skips the test if Prometheus and promtool are not installed, except in CI. */
export function skipWithoutPrometheus(t: TestContext): boolean {
  if (['prometheus', 'promtool'].every((program) => spawnSync(program, ['--version']).status === 0)) return false;
  assert.ok(!process.env.CI, 'CI must test the alert rules: install prometheus');
  t.skip('THE ALERT RULES ARE NOT TESTED: prometheus is not installed');
  return true;
}

export interface Prometheus {
  /** The alerts that fire, as `NAME INSTANCE`. */
  firing: () => Promise<string[]>;
  /** Waits until an alert of an instance fires. `meanwhile` is called again and again. */
  fires: (alert: string, instance: string, meanwhile?: () => unknown) => Promise<void>;
  /** The number of series of a query. */
  query: (expression: string) => Promise<number>;
}

/**
 * Starts Prometheus with alert rules, which fire at once and not only after their `for:`. It stops when the test ends.
 *
 * @param rules the text of the file.
 * @param instances the addresses that it scrapes, such as `127.0.0.1:9464`.
 */
export async function startPrometheus(
  t: Pick<TestContext, 'after'>,
  rules: string,
  instances: string[],
): Promise<Prometheus> {
  const folder = tempFolder(t);
  const port = await findFreePort();
  const configuration = {
    global: { scrape_interval: `${SCRAPE_INTERVAL_S}s`, scrape_timeout: '2s', evaluation_interval: '1s' },
    rule_files: ['rules.yaml'],
    scrape_configs: [{ job_name: 'task-api', static_configs: [{ targets: instances }] }],
  };
  writeFileSync(join(folder, 'rules.yaml'), rules.replaceAll(/^( +for:) .*$/gm, '$1 0s'));
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration));
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const exited = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });

  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const body = (await response.json()) as { status: string; error?: string; data: unknown };
    assert.equal(body.status, 'success', `${path}: ${body.error}`);
    return body.data;
  };
  const firing = async () => {
    const { alerts } = (await get('/api/v1/alerts')) as {
      alerts: { state: string; labels: { alertname: string; instance: string } }[];
    };
    return alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels: { alertname, instance } }) => `${alertname} ${instance}`);
  };
  const fires: Prometheus['fires'] = async (alert, instance, meanwhile) => {
    const isFiring = async () => {
      await Promise.all([meanwhile?.(), sleep(POLL_INTERVAL_MS)]);
      return (await firing()).includes(`${alert} ${instance}`);
    };
    await waitFor(isFiring, { message: `${alert} does not fire`, timeoutMs: 60_000 });
  };
  const query: Prometheus['query'] = async (expression) => {
    const data = await get(`/api/v1/query?${new URLSearchParams({ query: expression })}`);
    return (data as { result: unknown[] }).result.length;
  };
  const ready = () => {
    assert.equal(child.exitCode, null, printed);
    return fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  };
  await waitFor(ready, { message: 'Prometheus does not start', timeoutMs: 30_000 });
  return { firing, fires, query };
}
