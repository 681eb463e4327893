import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerProcess } from '../support/server-process.ts';

/** The address of `/metrics` of a server with `--metrics-port 0`. */
export function metricsUrl(server: ServerProcess): string {
  const port = server.log.find(({ msg }) => msg === 'metrics are served')?.port;
  return `http://127.0.0.1:${port}/metrics`;
}

/** What `/metrics` of a server returns. */
export async function scrape(server: ServerProcess): Promise<string> {
  const response = await fetch(metricsUrl(server));
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  return response.text();
}

/** The value of a sample whose labels contain these; undefined if there is none. */
export function sampleOf(text: string, name: string, ...labels: string[]): number | undefined {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  const line = lines.find((one) => labels.every((label) => one.includes(label)));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** The labels of a series of request durations. */
export function requestLabels(method: string, route: string, status: number): string[] {
  return [`http_request_method="${method}"`, `http_route="${route}"`, `http_response_status_code="${status}"`];
}

/** The names of all metrics, in order. */
export function namesOf(text: string): string[] {
  return [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
}

/** The names in the tables of docs/metrics.md. */
export function documentedNames(): string[] {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'metrics.md'), 'utf8');
  return [...page.matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, name = '']) => name);
}
