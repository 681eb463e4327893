import { cpSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
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
  logLevel: 'warning',
} satisfies BuildOptions;

/** Packages in CommonJS call this function. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** A module of `src/` names files relative to itself; its bundle is in the parent folder of `src/`. */
const filesOfModules: Plugin = {
  name: 'files of modules',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const module = relative(ROOT, path).replaceAll('\\', '/');
      const text = readFileSync(path, 'utf8');
      return { loader: 'ts', contents: text.replaceAll('import.meta.url', `new URL('${module}', import.meta.url)`) };
    });
  },
};

/** What modules of Swagger UI's package the pages serve. `package.json` makes the folder a package. */
const SWAGGER_UI = ['package.json', 'static/swagger-ui.css', 'static/swagger-ui-bundle.js'];

/**
 * Writes the program into an empty folder, with the packages that it imports: `main.mjs` and its parts, and the files that
 * modules name, as in the root of the project: threads, pages, migrations and Swagger UI.
 *
 * @returns the paths of the files in the folder.
 */
export async function bundle(folder: string): Promise<string[]> {
  await build({
    ...OPTIONS,
    entryPoints: { main: 'src/main.ts' },
    outdir: folder,
    format: 'esm',
    splitting: true,
    chunkNames: 'part-[hash]',
    outExtension: { '.js': '.mjs' },
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
  const named = globSync('src/**/*.*', { cwd: ROOT }).filter((file) => extname(file) !== '.ts');
  for (const file of [...named, ...SWAGGER_UI.map((name) => `node_modules/@fastify/swagger-ui/${name}`)]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  return globSync('**/*.*', { cwd: folder });
}
