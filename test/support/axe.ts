import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The rules whose result depends on the theme. */
const THEME_RULES = ['color-contrast', 'link-in-text-block'];

/**
 * Asserts that axe finds no violation on a page, in the light and in the dark theme. The page is shown in the light theme
 * afterwards.
 *
 * @param name of what is shown, for the message.
 */
export async function assertAccessible(page: Page, name: string): Promise<void> {
  // It runs outside of the policy of the page.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(AXE);
  for (const colorScheme of ['dark', 'light'] as const) {
    // Without motion: a colour that still changes has too little contrast.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const rules = colorScheme === 'light' ? {} : { runOnly: { type: 'rule', values: THEME_RULES } };
    const violations = await page.evaluate(`axe.run(${JSON.stringify(rules)}).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`);
    assert.deepEqual(violations, [], `${name}, ${colorScheme} theme`);
  }
}
