import type { IncomingMessage } from 'node:http';
import { type ApiError, malformedRequest, requestTooLarge } from './errors/api-error.ts';

/** The maximum length of a request target, in characters: ample for the longest query of this API. */
const MAX_URL_LENGTH = 8192;

/** A host or IP literal with an optional port, or empty (RFC 9112, section 3.2). No comma, which would make it a list. */
const HOST = /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/** 414 if the target is too long; 400 unless there is exactly one valid `Host`, which is optional in HTTP/1.0. */
export function checkProtocol({ url, headers, rawHeaders, httpVersionMinor }: IncomingMessage): ApiError | undefined {
  if ((url as string).length > MAX_URL_LENGTH) return requestTooLarge(414);
  const { host } = headers;
  if (host === undefined ? httpVersionMinor === 1 : !HOST.test(host) || isRepeated(rawHeaders)) {
    return malformedRequest();
  }
  return undefined;
}

/** Whether there are several `Host` headers. Node.js keeps only the first in `headers`; `rawHeaders` alternates names and values. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count > 1;
}

/** The scheme and authority of a target in absolute form (RFC 9112, section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * The request target for the router, which would otherwise reject some targets with errors of its own: the path and query
 * of the absolute form, and a `%` that does not start a valid UTF-8 escape as a literal percent sign.
 */
export function normalizeTarget(target: string): string {
  if (target.startsWith('/')) return repairEscapes(target);
  const rest = target.replace(ORIGIN, '');
  return repairEscapes(rest.startsWith('/') ? rest : `/${rest}`);
}

function repairEscapes(url: string): string {
  if (!url.includes('%')) return url;
  const queryStart = url.indexOf('?');
  const path = queryStart === -1 ? url : url.slice(0, queryStart);
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return path.replaceAll('%', '%25') + url.slice(path.length);
  }
}
