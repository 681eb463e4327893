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

export default defineConfig(({ command }) => ({
  // Relative in the build, because a proxy may add a path prefix.
  base: command === 'build' ? './' : '/console/',
  plugins: [react()],
  resolve: { alias: { '#client': fileURLToPath(new URL('../client/src/index.ts', import.meta.url)) } },
  build: {
    // Baseline 2025; nothing is rewritten for older browsers.
    target: ['chrome130', 'firefox132', 'safari18'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(API.map((path) => [path, { target: SERVICE, changeOrigin: true }])) },
}));
