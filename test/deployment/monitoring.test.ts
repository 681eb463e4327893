import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCheckedBlock } from '../docs/checked-block.ts';
import { ROOT } from '../docs/clone.ts';
import { documentedNames } from '../metrics/scrape.ts';
import { skipWithoutPrometheus } from '../support/prometheus.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { dashboardQueries, readDashboard } from './dashboard.ts';

const ALERTS_FILE = join(ROOT, 'ops', 'alerts.yaml');
const RULES = readFileSync(ALERTS_FILE, 'utf8');
const OPERATIONS = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');

/** The texts of the rules, by name. */
const ALERTS = new Map(
  RULES.split(/^ +- alert: /m)
    .slice(1)
    .map((rule) => [/^\w+/.exec(rule)?.[0] ?? '', rule]),
);

const expressionOf = (rule: string) => /expr: \|?([\s\S]*?)\n +(?:for|labels):/.exec(rule)?.[1] ?? '';

/** Of the metrics of Node.js, the process and Prometheus. docs/metrics.md has those of the service. */
const OTHER_METRICS = [
  'up',
  'process_start_time_seconds',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
];

/** The names of metrics in a query: what is no label, no function and no keyword. */
function metricsOf(query: string): string[] {
  const bare = query
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\bby \([^)]*\)/g, ' ');
  const names = [...bare.matchAll(/\b[a-z_]\w*\b(?!\s*\()/g)].map(([name]) => name);
  return names.filter((name) => !['sum', 'max', 'and', 'or', 'e6', 'topk'].includes(name));
}

test('each query of the dashboard and of the alerts uses metrics that exist', () => {
  const known = new Set([...documentedNames(), ...OTHER_METRICS]);
  const queries = [...dashboardQueries(readDashboard()), ...[...ALERTS.values()].map(expressionOf)];
  assert.ok(queries.length > 40, String(queries.length));
  for (const query of queries) {
    const names = metricsOf(query);
    assert.ok(names.length > 0, `no metric: ${query}`);
    const unknown = names.filter((name) => !known.has(name) && !known.has(name.replace(/_(?:bucket|sum|count)$/, '')));
    assert.deepEqual(unknown, [], query);
  }
});

test('the dashboard shows every metric in docs/metrics.md', () => {
  const shown = new Set(dashboardQueries(readDashboard()).flatMap(metricsOf));
  const hidden = documentedNames().filter(
    (name) => ![name, `${name}_count`, `${name}_bucket`].some((one) => shown.has(one)),
  );
  assert.deepEqual(hidden, []);
});

test('the panels of the dashboard do not overlap, and read the chosen data source and instances', () => {
  const { title, uid, schemaVersion, templating, panels } = readDashboard();
  assert.deepEqual([title, uid, schemaVersion], ['Task Management API', 'task-management-api', 39]);
  const variables = templating.list.map(({ name, type }) => `${name}: ${type}`);
  assert.deepEqual(variables, ['datasource: datasource', 'instance: query']);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = new Set<string>();
  for (const { type, title: name, gridPos, targets = [], datasource } of panels) {
    assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, name);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!cells.has(`${x} ${y}`), `${name} overlaps another panel`);
        cells.add(`${x} ${y}`);
      }
    }
    if (type === 'row') continue;
    assert.equal(datasource?.uid, `\${datasource}`, name);
    assert.ok(targets.length > 0, name);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, name);
    for (const { expr } of targets) assert.ok(expr.includes('{job="task-api", instance=~"$instance"'), expr);
  }
});

test('docs/operations.md has a section for each alert, to which its runbook_url leads, and for no other', () => {
  const sections = [...OPERATIONS.matchAll(/^### (TaskApi\w+)$/gm)].map(([, name = '']) => name);
  assert.deepEqual(sections, [...ALERTS.keys()]);
  for (const [name, rule] of ALERTS) {
    assert.match(rule, new RegExp(`runbook_url: docs/operations\\.md#${name.toLowerCase()}\\n`));
    assert.match(rule, /severity: (?:critical|warning)\n/);
    const section = OPERATIONS.split(`### ${name}\n`)[1]?.split(/^#/m)[0] ?? '';
    assert.match(section, /First: /, `${name} has no first action`);
    const severity = /severity: (\w+)/.exec(rule)?.[1] ?? '';
    const row = OPERATIONS.split('\n').find((line) => line.startsWith(`| [${name}](#${name.toLowerCase()}) |`));
    assert.ok(row?.includes(`| ${severity} |`), `${name} is missing in the table, or has another severity there`);
  }
});

test('the configuration of Prometheus in docs/operations.md is valid, with the job of the alerts', (t) => {
  if (skipWithoutPrometheus(t)) return;
  const block = readCheckedBlock('docs/operations.md', import.meta.filename);
  assert.match(block, /job_name: task-api\n/);
  const folder = tempFolder(t);
  copyFileSync(ALERTS_FILE, join(folder, 'alerts.yaml'));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, block);
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', file], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

/** What promtool verifies: an alert fires after its `for:`, and not before. */
const WAITS = `
rule_files: [${ALERTS_FILE}]
evaluation_interval: 30s
tests:
  - interval: 30s
    input_series:
      - series: 'up{job="task-api", instance="a"}'
        values: '1x2 0x20'
      - series: 'task_api_reminders_delay_seconds{job="task-api", instance="a"}'
        values: '0x2 121x20'
      - series: 'task_api_reminders_delay_seconds{job="task-api", instance="b"}'
        values: '120x22'
      - series: 'up{job="other", instance="c"}'
        values: '0x22'
    alert_rule_test:
      - {alertname: TaskApiDown, eval_time: 2m}
      - alertname: TaskApiDown
        eval_time: 2m30s
        exp_alerts:
          - exp_labels: {severity: critical, job: task-api, instance: a}
            exp_annotations:
              summary: 'a: Prometheus cannot read the metrics'
              runbook_url: docs/operations.md#taskapidown
      - {alertname: TaskApiRemindersLate, eval_time: 3m}
      - alertname: TaskApiRemindersLate
        eval_time: 4m
        exp_alerts:
          - exp_labels: {severity: critical, job: task-api, instance: a}
            exp_annotations:
              summary: 'a: reminders are 2m 1s late'
              runbook_url: docs/operations.md#taskapireminderslate
  - interval: 30s
    input_series:
      - series: 'http_server_request_duration_seconds_count{job="task-api", instance="few", http_response_status_code="200"}'
        values: '0+100x60'
      - series: 'http_server_request_duration_seconds_count{job="task-api", instance="few", http_response_status_code="503"}'
        values: '0x10 9x50'
      - series: 'http_server_request_duration_seconds_count{job="task-api", instance="many", http_response_status_code="200"}'
        values: '0+100x60'
      - series: 'http_server_request_duration_seconds_count{job="task-api", instance="many", http_response_status_code="503"}'
        values: '0+2x60'
    alert_rule_test:
      - {alertname: TaskApiErrors, eval_time: 4m}
      - alertname: TaskApiErrors
        eval_time: 20m
        exp_alerts:
          - exp_labels: {severity: critical, job: task-api, instance: many}
            exp_annotations:
              summary: 'many: 1.961% of requests get 5xx'
              runbook_url: docs/operations.md#taskapierrors
`;

test('promtool finds no error in the alert rules, and they fire after their time', (t) => {
  if (skipWithoutPrometheus(t)) return;
  const file = join(tempFolder(t), 'test.yaml');
  writeFileSync(file, WAITS);
  for (const args of [
    ['check', 'rules', ALERTS_FILE],
    ['test', 'rules', file],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  }
});
