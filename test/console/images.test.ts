import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { type TestConsole, testConsole } from '../support/console.ts';
import { createSceneData, SCENES, type Scene } from './scenes.ts';

const FOLDER = join(import.meta.dirname, '../../docs/images');
const MAX_BYTES = 150_000;
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;

/** Whether to write the images instead: `npm run console:images`. */
const IS_WRITING = process.env.WRITE_IMAGES === '1';

/** The part of an image that may differ: smoothing is not the same everywhere, and the images are compressed. */
const MAX_DIFFERENT = 0.0015;

/** What {@link MEASURE} returned when the images were written. */
const FONTS = '202,227';

/** Compresses a PNG in base64, which is the result as well. */
const TO_WEBP = `async (base64) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + base64)).blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  const bytes = await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.9 })).bytes();
  return bytes.toBase64();
}`;

/** Compares two images of the same size by the mean brightness of squares. Returns the part of squares that differ. */
const COMPARE = `async ([first, second]) => {
  const SIDE = 20;
  const pixels = async (base64) => {
    const image = await createImageBitmap(await (await fetch('data:;base64,' + base64)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const means = ({ width, height, data }) => {
    const columns = Math.ceil(width / SIDE);
    const sums = new Float64Array(columns * Math.ceil(height / SIDE));
    for (let i = 0; i < data.length; i += 4) {
      const x = (i / 4) % width;
      const y = Math.floor(i / 4 / width);
      const square = Math.floor(y / SIDE) * columns + Math.floor(x / SIDE);
      sums[square] += (data[i] + data[i + 1] + data[i + 2]) / 3 / SIDE / SIDE;
    }
    return sums;
  };
  const [a, b] = [await pixels(first), await pixels(second)];
  if (a.width !== b.width || a.height !== b.height) return 1;
  const [one, other] = [means(a), means(b)];
  return one.filter((mean, square) => Math.abs(mean - other[square]) > 12).length / one.length;
}`;

/** The port of a test is another one in each run. */
const SHOW_DEFAULT_ADDRESS = `{
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(location.host, 'localhost:3000');
}`;

/** The width of a text in the fonts of the console. */
const MEASURE = `['14px system-ui, sans-serif', '13px monospace'].map((font) => {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  context.font = font;
  return Math.round(context.measureText('Write the report: 1,204 tasks').width);
}).join()`;

/** How often to look whether a page has come to rest. */
const MAX_SCREENSHOTS = 50;

/** The page in a theme, as a PNG in base64. */
async function photograph(page: Page, colorScheme: 'light' | 'dark'): Promise<string> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  // The page is complete when it looks as it did before. On phones, two images alternate that hardly differ.
  const seen = new Set<string>();
  while (seen.size < MAX_SCREENSHOTS) {
    await page.evaluate(SHOW_DEFAULT_ADDRESS);
    const png = (await page.screenshot({ caret: 'hide' })).toString('base64');
    if (seen.has(png)) return png;
    seen.add(png);
  }
  throw new Error(`${page.url()} does not come to rest: ${MAX_SCREENSHOTS} screenshots are all different`);
}

async function openScene({ open, clock }: TestConsole, scene: Scene, size: keyof typeof SIZES): Promise<Page> {
  const page = await open(scene.path, {
    ...{ now: clock.now, viewport: SIZES[size] },
    ...(size === 'phone' && { isMobile: true, hasTouch: true }),
  });
  // Not everything is visible on phones.
  for (const text of scene.ready) await page.getByText(text).first().waitFor({ state: 'attached' });
  await page.getByRole('status').getByText('Live').waitFor({ state: 'attached' });
  return page;
}

test('the pages look as the images in docs/images/ show them', { timeout: 240_000 }, async (t) => {
  const opened = await testConsole(t);
  const browser = await openBrowser(t);
  if (opened === undefined || browser === undefined) return;
  const blank = await browser.newPage();
  const fonts = await blank.evaluate<string>(MEASURE);
  if (!IS_WRITING && fonts !== FONTS) {
    t.skip(`NOT COMPARED: the fonts are others than those of the images: ${fonts}`);
    return;
  }
  assert.equal(fonts, FONTS, 'the fonts are others: change FONTS');
  const different: string[] = [];
  const compare = async (scene: Scene) => {
    for (const size of ['wide', 'phone'] as const) {
      const page = await openScene(opened, scene, size);
      for (const theme of ['light', 'dark'] as const) {
        const name = `console-${scene.name}-${size}-${theme}.webp`;
        const file = join(FOLDER, name);
        const png = await photograph(page, theme);
        if (IS_WRITING) {
          const image = Buffer.from(await blank.evaluate<string>(`(${TO_WEBP})('${png}')`), 'base64');
          assert.ok(image.length <= MAX_BYTES, `${name} has ${image.length} bytes`);
          writeFileSync(file, image);
          continue;
        }
        assert.ok(existsSync(file), `${name} is missing; run: npm run console:images`);
        const pair = [png, readFileSync(file).toString('base64')];
        const part = await blank.evaluate<number>(`(${COMPARE})(${JSON.stringify(pair)})`);
        if (part > MAX_DIFFERENT) different.push(`${name}: ${(part * 100).toFixed(2)} % differ`);
      }
      await page.context().close();
    }
  };
  const [empty, ...full] = SCENES;
  await compare(empty as Scene);
  await createSceneData(opened);
  for (const scene of full) await compare(scene);
  assert.deepEqual(different, [], 'if the change is intended, run: npm run console:images');
});
