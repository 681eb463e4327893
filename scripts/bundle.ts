import { globSync, readFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const ROOT = join(import.meta.dirname, '..');

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node26',
  // The other form of jsonc-parser cannot be bundled.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  // Less memory. Names stay, for stack traces.
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: 'warning',
} satisfies BuildOptions;

/** Packages in CommonJS call this function. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** A module names files relative to itself, or to a package. In the bundle, these are paths in the project. */
const filesOfModules: Plugin = {
  name: 'files of modules',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const module = relative(ROOT, path).replaceAll('\\', '/');
      const contents = readFileSync(path, 'utf8')
        .replaceAll('import.meta.url', `'file:///${module}'`)
        .replaceAll('import.meta.resolve(', "'file:///node_modules/'.concat(");
      return { loader: 'ts', contents };
    });
  },
};

/** What the pages serve of Swagger UI. */
const SWAGGER_UI = ['swagger-ui.css', 'swagger-ui-bundle.js'].map(
  (name) => `node_modules/@fastify/swagger-ui/static/${name}`,
);

/**
 * Writes the program into a folder: `main.mjs`, with the packages that it imports, and each thread.
 *
 * @returns the files that the program reads: their paths in the project, with those of the files.
 */
export async function bundle(folder: string): Promise<Record<string, string>> {
  await build({
    ...OPTIONS,
    entryPoints: { main: 'src/main.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    banner: { js: REQUIRE },
    plugins: [filesOfModules],
  });
  await build({
    ...OPTIONS,
    entryPoints: ['src/**/*-thread.ts'],
    outdir: folder,
    outbase: '.',
    outExtension: { '.js': '.ts' },
    // A thread is started from its code, which is CommonJS then and cannot name files.
    format: 'cjs',
    logOverride: { 'empty-import-meta': 'error' },
  });
  const threads = globSync('src/**/*.ts', { cwd: folder });
  const others = globSync('src/**/*.*', { cwd: ROOT }).filter((file) => extname(file) !== '.ts');
  const built = globSync('console/dist/{index.html,assets/*}', { cwd: ROOT });
  return Object.fromEntries([
    ...threads.map((file) => [file, join(folder, file)]),
    ...[...others, ...SWAGGER_UI, ...built].map((file) => [file, join(ROOT, file)]),
  ]);
}
