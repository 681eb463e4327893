import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { testConsole } from '../support/console.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test('the pages of tasks have no accessibility violations in both themes', { timeout: 120_000 }, async (t) => {
  const found = await testConsole(t);
  if (found === undefined) return;
  const { post, open, clock, url } = found;
  await post('/users', { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.com' });
  const statuses = ['NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'DEFERRED', 'COMPLETED', 'CANCELLED'];
  const tasks = statuses.map((taskStatus, index) => ({
    ...{ userId: 1, taskTitle: `Task ${index}`, taskStatus, warningOffset: 60 },
    dueDate: new Date(clock.now + (index - 3) * 3_600_000).toISOString(),
  }));
  await post('/tasks/batch', { tasks });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await open('/health', { colorScheme, reducedMotion: 'reduce' });
    await page.clock.setFixedTime(clock.now);
    const check = async (name: string) => {
      await page.evaluate(AXE);
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: unknown[] }> } };
        return (await axe.run()).violations;
      });
      const short = (violations as { id: string; nodes: { html: string }[] }[]).map(({ id, nodes }) => [
        id,
        ...nodes.map(({ html }) => html.slice(0, 200)),
      ]);
      assert.deepEqual(short, [], `${name}, ${colorScheme}`);
    };
    await page.goto(`${url}/console/tasks?task=1`);
    await page.getByRole('row', { name: 'Task 5' }).waitFor();
    await page.getByRole('heading', { name: 'Task 0' }).waitFor();
    await check('table with a task');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('1 selected').waitFor();
    await check('selection');
    await page.keyboard.press('s');
    await page.getByRole('dialog').waitFor();
    await check('status');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('e');
    await page.getByRole('dialog').waitFor();
    await check('form');
    await page.goto(`${url}/console/tasks?layout=board`);
    await page.getByRole('listitem').filter({ hasText: 'Task 5' }).waitFor();
    await check('board');
    await page.goto(`${url}/console/tasks/1`);
    await page.getByRole('heading', { name: 'Task 0' }).waitFor();
    await check('one task');
    await page.context().close();
  }
});
