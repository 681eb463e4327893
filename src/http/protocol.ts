import type { IncomingMessage } from 'node:http';
import { type ApiError, malformedRequest, requestTooLarge } from './errors/api-error.ts';

/** The longest request target that is looked at, in characters: ample for this API's longest query. */
const MAX_URL_LENGTH = 8192;

/** A host or IP literal, and a port; it may be empty (RFC 9112, section 3.2). A comma would make it a list. */
const HOST = /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/** Refuses a target over the limit, and a request without one valid `Host`, which only HTTP/1.0 may leave out. */
export function checkProtocol({ url, headers, rawHeaders, httpVersionMinor }: IncomingMessage): ApiError | undefined {
  if ((url as string).length > MAX_URL_LENGTH) return requestTooLarge(414);
  const { host } = headers;
  if (host === undefined ? httpVersionMinor === 1 : !HOST.test(host) || isRepeated(rawHeaders)) {
    return malformedRequest();
  }
  return undefined;
}

/** Whether there is more than one `Host`, of which Node keeps the first only. Names and values take turns. */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count > 1;
}

/** Scheme and authority of a target in absolute form (RFC 9112, section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;

/**
 * The request target as the router should see it, so that none is refused other than with the contract's checks: of the
 * absolute form the path and query; and a `%` that is not the start of a UTF-8 escape stands for itself.
 */
export function normaliseTarget(target: string): string {
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
