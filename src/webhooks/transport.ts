import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { type ClientRequest, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { MAX_EXCERPT_BYTES } from './excerpt.ts';

/** How long an attempt may take, from the lookup of the name to the end of the response. */
const TIMEOUT_MS = 10_000;
/** How much of a response's body is read. Closing the connection sooner would be an error to some receivers. */
const MAX_BODY_BYTES = 16 * 1024;
/** How large the headers of a response may be, and those of each informational response before it. */
const MAX_HEADER_BYTES = 16 * 1024;
/** How many informational (1xx) responses may come before the response. */
const MAX_INFORMATIONAL = 16;

/** The response of a receiver. */
export interface TransportResponse {
  status: number;
  /** The first bytes of its body, {@link MAX_EXCERPT_BYTES} at most. */
  body: Uint8Array;
}

/**
 * POSTs a body and resolves with the response. Redirects are not followed.
 *
 * @throws Error when there is no response. The message is for the operator of the webhook.
 */
export type Transport = (
  request: { url: string; headers: Record<string, string>; body: string },
  signal: AbortSignal,
) => Promise<TransportResponse>;

export interface TransportOptions {
  /** Whether an address may be connected to. */
  isAllowed: (address: string) => boolean;
  /** Finds the addresses of a name, as `dns.lookup` does. */
  lookup?: typeof systemLookup;
  /** In milliseconds. */
  timeout?: number;
}

export function createTransport({
  isAllowed,
  lookup = systemLookup,
  timeout = TIMEOUT_MS,
}: TransportOptions): Transport {
  const checkedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error ?? new Error(`${hostname} has no address`), []);
      const refused = addresses.find(({ address }) => !isAllowed(address));
      if (refused !== undefined) return callback(notPublic(refused), []);
      // What is connected to are these very addresses: the name is not asked about again.
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  return async ({ url, headers, body }, signal) => {
    const { protocol, hostname } = new URL(url);
    const address = hostname.replace(/^\[|\]$/g, '');
    // An address is not looked up.
    if (isIP(address) !== 0 && !isAllowed(address)) throw notPublic({ address });
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // A connection of its own, whose address was checked just now.
      agent: false,
      lookup: checkedLookup,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    return exchange(request, body, timeout, signal);
  };
}

/**
 * Sends the body and waits for the response. Settles in any case, at the latest after `timeout` milliseconds: the timer and
 * the signal settle it by themselves, whatever events the connection emits or does not. Nothing is left open afterwards.
 */
function exchange(
  request: ClientRequest,
  body: string,
  timeout: number,
  signal: AbortSignal,
): Promise<TransportResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
  let status: number | undefined;
  let kept = Buffer.alloc(0);
  // Once there is a status it is the outcome, however the rest of the response ends.
  const end = (error: Error) => {
    if (status === undefined) reject(error);
    else resolve({ status, body: kept });
  };
  const timer = setTimeout(() => end(new Error(`no response within ${timeout / 1000} seconds`)), timeout);
  const onAbort = () => end(new Error('the attempt was abandoned'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();

  let informational = 0;
  request.on('information', () => {
    if (++informational > MAX_INFORMATIONAL) end(new Error('too many informational responses'));
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
  // 101 Switching Protocols: the connection is no longer the request's, and nothing else closes it.
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
