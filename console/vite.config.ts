import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The service that `vite dev` forwards requests to. */
const SERVICE = process.env.TASK_API_URL ?? 'http://localhost:3000';

const API = [
  '/users',
  '/tasks',
  '/tokens',
  '/webhooks',
  '/audit',
  '/events',
  '/whoami',
  '/health',
  '/status',
  '/openapi.json',
];

/** The modules that every page loads. Dialogs and Base UI are not among them: they are loaded when they are used. */
const BASE = new RegExp(
  [
    'node_modules/(react|react-dom|scheduler|use-sync-external-store)/',
    'node_modules/@tanstack/(?!react-virtual|virtual-core)',
    'client/src/',
    'console/src/(api|live)/(?!change|conflict|enqueue|event-types|field-errors|problem-text|removals|report-error|use-list|use-rows|validate|versions)',
    'console/src/app/(app|frame|keys|pages|router|use-list-keys|overlays|live-dot|status-banner)',
    'console/src/formats/(dates|records)',
    'console/src/i18n/t\\.ts',
    'console/src/ui/(button|date-time|empty-state|error-state|filter-bar|icon|lazy-part|menu\\.tsx|nothing-found)',
    'console/src/ui/(search-field|skeleton|status-chip|toast\\.tsx|top-dialogs|use-list-cursor|use-media)',
  ].join('|'),
);

/** Long lists: what tasks, users and webhooks share. */
const LIST =
  /node_modules\/@tanstack\/[a-z]+-virtual|virtual-core|console\/src\/(ui\/(data-list|split-view)|live\/use-rows)/;

export default defineConfig(({ command }) => ({
  // Relative in the build, because a proxy may add a path prefix.
  base: command === 'build' ? './' : '/console/',
  plugins: [react()],
  resolve: { alias: { '#client': fileURLToPath(new URL('../client/src/index.ts', import.meta.url)) } },
  build: {
    // Baseline 2025; nothing is rewritten for older browsers.
    target: ['chrome130', 'firefox132', 'safari18'],
    assetsInlineLimit: 0,
    // For the test of the size of the first page.
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every page loads is one file, which compresses better than fifty.
          groups: [
            { name: 'base', test: BASE, priority: 2 },
            { name: 'list', test: LIST, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(API.map((path) => [path, { target: SERVICE, changeOrigin: true }])) },
}));
