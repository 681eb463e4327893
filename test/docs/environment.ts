/**
 * What the system needs, and the compile cache of the tests; nothing that a developer has set for this program, for npm
 * or for colours.
 */
const KEPT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_EXTRA_CA_CERTS', 'NODE_COMPILE_CACHE'];

/** The environment of a reader who has just cloned the repository. */
export function plainEnvironment(outer: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(KEPT.filter((name) => outer[name] !== undefined).map((name) => [name, outer[name]]));
}
