import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../docs/clone.ts';

/** What a test reads of `ops/grafana.json`. */
export interface Dashboard {
  title: string;
  uid: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
  panels: Panel[];
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  targets?: { refId: string; expr: string; datasource: { uid: string } }[];
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(join(ROOT, 'ops', 'grafana.json'), 'utf8'));
}

/** The queries of the panels, with the variables of Grafana replaced: all instances, and rates over five minutes. */
export function dashboardQueries({ panels }: Dashboard): string[] {
  return panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'));
}
