import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { ClientRequest } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { request as requestHttp } from '../node-http.ts';
import { MAX_EXCERPT_BYTES } from './excerpt.ts';

/** The time limit of an attempt, from the DNS lookup to the end of the response. */
const TIMEOUT_MS = 10_000;
/** The maximum size of a response body to read. Some receivers log an error if the connection is closed sooner. */
const MAX_BODY_BYTES = 16 * 1024;
/** The maximum size of the headers of a response, and of each informational response before it. */
const MAX_HEADER_BYTES = 16 * 1024;
/** The maximum number of informational (1xx) responses before the response. */
const MAX_INFORMATIONAL_RESPONSES = 16;

export interface WebhookResponse {
  status: number;
  /** The start of the body, up to {@link MAX_EXCERPT_BYTES}. */
  body: Uint8Array;
}

/**
 * Sends a POST request and resolves with the response. Redirects are not followed.
 *
 * @throws Error if there is no response. Its message is shown to administrators as the error of the attempt.
 */
export type WebhookTransport = (
  request: { url: string; headers: Record<string, string>; body: string },
  signal: AbortSignal,
) => Promise<WebhookResponse>;

export interface WebhookTransportOptions {
  /** Whether an address may be connected to. */
  isAllowed: (address: string) => boolean;
  /** Resolves host names. Default `dns.lookup`. */
  lookup?: typeof systemLookup;
  /** Default 10 seconds. */
  timeoutMs?: number;
}

export function createWebhookTransport({
  isAllowed,
  lookup = systemLookup,
  timeoutMs = TIMEOUT_MS,
}: WebhookTransportOptions): WebhookTransport {
  const checkedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error ?? new Error(`${hostname} has no address`), []);
      const forbidden = addresses.find(({ address }) => !isAllowed(address));
      if (forbidden !== undefined) return callback(notPublic(forbidden), []);
      // The connection uses these addresses without a second lookup, which could return others (DNS rebinding).
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  return async ({ url, headers, body }, signal) => {
    const { protocol, hostname } = new URL(url);
    const address = hostname.replace(/^\[|\]$/g, '');
    // An IP address is connected to without a lookup.
    if (isIP(address) !== 0 && !isAllowed(address)) throw notPublic({ address });
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // A pooled connection would skip the check of the address.
      agent: false,
      lookup: checkedLookup,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    return exchange(request, body, timeoutMs, signal);
  };
}

/**
 * Sends the body and waits for the response, for up to `timeoutMs`. The timer and the signal end the wait by themselves,
 * whatever events the connection emits. The connection is closed afterwards.
 */
function exchange(
  request: ClientRequest,
  body: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<WebhookResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<WebhookResponse>();
  let status: number | undefined;
  let kept = Buffer.alloc(0);
  // Once there is a status, errors while the body is read do not matter.
  const end = (error: Error) => {
    if (status === undefined) reject(error);
    else resolve({ status, body: kept });
  };
  const timer = setTimeout(() => end(new Error(`no response within ${timeoutMs / 1000} seconds`)), timeoutMs);
  const onAbort = () => end(new Error('the attempt was aborted'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();

  let informational = 0;
  request.on('information', () => {
    if (++informational > MAX_INFORMATIONAL_RESPONSES) end(new Error('too many informational responses'));
  });
  request.on('response', (response) => {
    status = response.statusCode as number;
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (kept.length < MAX_EXCERPT_BYTES) kept = Buffer.concat([kept, chunk]).subarray(0, MAX_EXCERPT_BYTES);
      if (bytes > MAX_BODY_BYTES) end(new Error('the response is too large'));
    });
    response.on('error', end).on('close', () => end(new Error('the response has ended')));
  });
  // After 101 Switching Protocols, destroying the request does not close the socket any more.
  request.on('upgrade', (response, socket) => {
    status = response.statusCode as number;
    socket.on('error', end).destroy();
    end(new Error('the protocol was switched'));
  });
  request.on('error', end).on('close', () => end(new Error('the connection was closed without a response')));
  request.end(body);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    request.destroy();
  });
}

function notPublic({ address }: Pick<LookupAddress, 'address'>): Error {
  return new Error(`${address} is not a public address, and WEBHOOK_ALLOW_PRIVATE is not true`);
}
