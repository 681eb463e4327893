import { AjvCompiler } from '@fastify/ajv-compiler';

/**
 * Fastify's validator compiler. By default each application has its own; the applications of one process, as in tests,
 * share this one, so that each schema is compiled once. The schemas of routes are constants.
 */
export const buildValidator: ReturnType<typeof AjvCompiler> = AjvCompiler();
