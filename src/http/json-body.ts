import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { bodyNotAnObject } from './errors.ts';

/** The largest body that is read, in bytes (contract, section 4). */
export const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads JSON bodies, and no other. Bytes that are not UTF-8 are not JSON (RFC 8259, section 8.1) and never repaired;
 * `__proto__` and `constructor` are kept as the plain names they are, for the validator to refuse.
 */
export function parseJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    if (!isUtf8(body)) {
      done(bodyNotAnObject());
      return;
    }
    let value: unknown;
    try {
      value = JSON.parse(body.toString('utf8'));
    } catch (cause) {
      done(bodyNotAnObject(cause));
      return;
    }
    done(null, value);
  });
}
