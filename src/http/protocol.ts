import type { IncomingMessage } from 'node:http';
import { type ApiError, malformedRequest, requestTooLarge } from './errors.ts';

/** The longest request target that is looked at, in characters: ample for this API's longest query. */
const MAX_URL_LENGTH = 8192;

/** Refuses what RFC 9112 or the limits refuse before it matters who asks. */
export function checkProtocol({ url, headers, httpVersionMinor }: IncomingMessage): ApiError | undefined {
  if ((url as string).length > MAX_URL_LENGTH) return requestTooLarge(414);
  if (headers.host === undefined && httpVersionMinor === 1) return malformedRequest();
  return undefined;
}

/**
 * The request target as the router should see it: a `%` that is not the start of a UTF-8 escape stands for itself, so
 * that such a path is looked up, and refused, like any other.
 */
export function repairEscapes(url: string): string {
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
