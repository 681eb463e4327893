import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { DEVELOPMENT_TOKEN } from '../src/auth/token-verifier.ts';
import { describeMachine } from './machine.ts';
import { seed } from './seed-store.ts';
import { findFreePort, listening, spawnServer } from './server-process.ts';
import { median } from './statistics.ts';

/**
 * Measures the console in Chromium: how long its pages take with an empty cache, how smoothly a long list scrolls, and how
 * soon a change is on the screen. Writes RESULTS-console.md. Takes two minutes; needs /usr/bin/chromium and the built console.
 */
const ROUNDS = 3;
const USERS = 1_000;
const TASKS = 100_000;

/** Each page, and a text that is on it when it can be used. */
const PAGES = [
  { path: '/', text: TASKS.toLocaleString('en') },
  { path: '/tasks', text: ' number ' },
  { path: '/users', text: '@example.com' },
  { path: '/events', text: 'user.created' },
  { path: '/audit', text: 'created user' },
  { path: '/webhooks', text: 'hooks.example.com' },
  { path: '/tokens', text: 'bench' },
  { path: '/health', text: 'SQLite' },
];

/** How far a frame scrolls. At 60 frames/s, that is about 80 rows a second. */
const SCROLL_PX = 48;
const SCROLL_MS = 3_000;

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

/** In milliseconds after the navigation. */
interface Times {
  /** Until something is painted: the frame of the page. */
  firstPaint: number;
  /** Until the first text is painted. */
  firstText: number;
  /** Until the content is painted, and the page responds. */
  interactive: number;
}

/** Runs in the page: `times` is fulfilled when the content is there, and the browser has nothing else to do. */
function watch(text: string): void {
  const times = new Promise<Times>((resolve, reject) => {
    const painted = new Promise<number[]>((found) => {
      new PerformanceObserver(() => {
        const entries = ['first-paint', 'first-contentful-paint'].map((name) => performance.getEntriesByName(name)[0]);
        if (entries[1] !== undefined) found(entries.map((entry) => entry?.startTime ?? Number.NaN));
      }).observe({ type: 'paint', buffered: true });
    });
    const observer = new MutationObserver(() => {
      if (!document.querySelector('main')?.textContent.includes(text)) return;
      observer.disconnect();
      // After the frame that shows it.
      requestAnimationFrame(() =>
        setTimeout(async () => {
          const interactive = performance.now();
          const [firstPaint = Number.NaN, firstText = Number.NaN] = await painted;
          resolve({ firstPaint, firstText, interactive });
        }),
      );
    });
    observer.observe(document, { childList: true, subtree: true, characterData: true });
    setTimeout(() => reject(new Error(`the page does not show "${text}"`)), 20_000);
  });
  Object.assign(globalThis, { times });
}

async function post(port: number, path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${DEVELOPMENT_TOKEN}`, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

async function open(browser: Browser, url: string, text: string): Promise<Times> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(watch, text);
  await page.goto(url, { waitUntil: 'commit' });
  const times = await page.evaluate<Times>('times');
  await context.close();
  return times;
}

/** The time of each frame while the list is scrolled, in milliseconds. */
function scroll(page: Page): Promise<number[]> {
  return page.evaluate(
    async ({ step, duration }) => {
      const grid = document.querySelector('[role="grid"]') as HTMLElement;
      const frames: number[] = [];
      let last = await new Promise<number>(requestAnimationFrame);
      const end = last + duration;
      while (last < end) {
        grid.scrollTop += step;
        const now = await new Promise<number>(requestAnimationFrame);
        frames.push(now - last);
        last = now;
      }
      return frames;
    },
    { step: SCROLL_PX, duration: SCROLL_MS },
  );
}

/** From the key that sets a status until the frame that shows it, in milliseconds. */
async function change(page: Page): Promise<number> {
  await page.keyboard.press('Home');
  await page.keyboard.press('s');
  await page.getByRole('dialog', { name: 'Set status' }).waitFor();
  // Listens before the key is pressed.
  await page.evaluate(() => {
    const changed = new Promise<number>((resolve) => {
      addEventListener(
        'keydown',
        ({ timeStamp }) => {
          const row = document.querySelector('[role="row"][aria-rowindex="2"]') as HTMLElement;
          new MutationObserver((_, observer) => {
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - timeStamp)));
          }).observe(row, { childList: true, subtree: true, characterData: true, attributes: true });
        },
        { capture: true, once: true },
      );
    });
    Object.assign(globalThis, { changed });
  });
  const first = page.locator('[aria-rowindex="2"]').filter({ hasText: 'In progress' });
  const isInProgress = (await first.count()) > 0;
  await page.keyboard.press(isInProgress ? '3' : '2');
  const time = await page.evaluate<number>('changed');
  await page.getByRole('dialog', { name: 'Set status' }).waitFor({ state: 'detached' });
  return time;
}

const [load = 0] = loadavg();
const folder = mkdtempSync(join(tmpdir(), 'task-api-console-'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
  const file = join(folder, 'console.db');
  seed({ file, users: USERS, tasks: TASKS, heavyUsers: 0 }, () => undefined, 10);
  const port = await findFreePort();
  const args = ['dev', '--port', String(port), '--database-url', `file:${file}`, '--log-level', 'warn'];
  const server = spawnServer(folder, port, [MAIN, ...args]);
  await listening(server);
  const url = `http://127.0.0.1:${port}/console`;

  await post(port, '/users', { firstName: 'Ada', lastName: 'Lovelace', contactEmail: 'ada@example.org' });
  await post(port, '/tokens', { name: 'bench', scopes: ['tasks:read'] });
  await post(port, '/webhooks', { url: 'https://hooks.example.com/', events: ['task.reminder'] });

  const times = PAGES.map((): Times[] => []);
  // The first load of each page compiles the server's code.
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, { path, text }] of PAGES.entries()) {
      const measured = await open(browser, url + path, text);
      if (round >= 0) times[index]?.push(measured);
    }
  }

  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${url}/tasks`);
  await page.locator('[role="row"][aria-rowindex="2"] time').waitFor();
  const frames: number[][] = [];
  for (let round = 0; round < ROUNDS; round++) frames.push(await scroll(page));
  const rates = frames.map((one) => (1000 * one.length) / one.reduce((sum, time) => sum + time, 0));
  const slow = frames.flat().filter((time) => time > 1000 / 30).length / frames.flat().length;
  await page.reload();
  await page.locator('[role="row"][aria-rowindex="2"] time').waitFor();
  const changes: number[] = [];
  for (let round = 0; round < ROUNDS; round++) changes.push(await change(page));
  await server.kill();

  const round = (value: number) => Math.round(value).toLocaleString('en');
  const text = [
    '# Results: the console',
    '',
    `Written by \`npm run bench:console\` on ${new Date().toISOString().slice(0, 10)}.`,
    '',
    ...describeMachine(folder).map((line) => `- ${line}`),
    `- Chromium ${browser.version()} without a graphics processor, on the same machine as the service`,
    `- load average ${load.toFixed(1)} before it started: what else ran on the machine`,
    `- ${USERS.toLocaleString('en')} users, ${TASKS.toLocaleString('en')} tasks, on SQLite`,
    `- median of ${ROUNDS} rounds`,
    '',
    '## The first page',
    '',
    'With an empty cache, in a window of 1440 × 900 pixels. Interactive: the content is painted, and the page responds.',
    '',
    '| page | first paint, ms | first text, ms | interactive, ms |',
    '|---|---|---|---|',
    ...PAGES.map(({ path }, index) => {
      const columns = (['firstPaint', 'firstText', 'interactive'] as const).map((name) =>
        round(median((times[index] ?? []).map((one) => one[name]))),
      );
      return `| \`/console${path === '/' ? '' : path}\` | ${columns.join(' | ')} |`;
    }),
    '',
    '## A long list',
    '',
    `The table of ${TASKS.toLocaleString('en')} tasks, scrolled by ${SCROLL_PX} pixels in each frame; pages are read as they come into view.`,
    '',
    '| | |',
    '|---|---|',
    `| frames/s | ${median(rates).toFixed(1)} |`,
    `| frames that took more than 33 ms | ${(100 * slow).toFixed(1)} % |`,
    `| from a key that sets the status to the screen, ms | ${round(median(changes))} |`,
    '',
  ].join('\n');
  process.stdout.write(text);
  writeFileSync(join(import.meta.dirname, 'RESULTS-console.md'), text);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
}
