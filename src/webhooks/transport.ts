import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { type ClientRequest, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

/** How long an attempt may take from the name's lookup to the end of the answer, in milliseconds. */
const TIMEOUT = 10_000;
/** How much of an answer is read, in bytes. It tells nothing, but a receiver may be glad to be listened to. */
const MAX_ANSWER_BYTES = 16 * 1024;

/**
 * POSTs a body and resolves with the status of the answer. Redirects are not followed.
 *
 * @throws Error when there is no answer. The message is for the operator of the webhook.
 */
export type Transport = (
  request: { url: string; headers: Record<string, string>; body: string },
  signal: AbortSignal,
) => Promise<number>;

export interface TransportOptions {
  /** Whether an address may be connected to. */
  isAllowed: (address: string) => boolean;
  /** Finds the addresses of a name, as `dns.lookup` does. */
  lookup?: typeof systemLookup;
  /** In milliseconds. */
  timeout?: number;
}

export function createTransport({ isAllowed, lookup = systemLookup, timeout = TIMEOUT }: TransportOptions): Transport {
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
    const inTime = AbortSignal.timeout(timeout);
    const send = protocol === 'https:' ? requestHttps : requestHttp;
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      // A connection of its own, whose address was checked just now.
      agent: false,
      lookup: checkedLookup,
      signal: AbortSignal.any([signal, inTime]),
    });
    try {
      return await exchange(request, body);
    } catch (error) {
      if (inTime.aborted) throw new Error(`no answer within ${timeout / 1000} seconds`, { cause: error });
      throw error;
    } finally {
      request.destroy();
    }
  };
}

function exchange(request: ClientRequest, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      const done = () => resolve(response.statusCode as number);
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) done();
      });
      // The status has come: how the rest ends is no matter.
      response.on('end', done).on('error', done);
    });
    request.end(body);
  });
}

function notPublic({ address }: Pick<LookupAddress, 'address'>): Error {
  return new Error(`${address} is not a public address, and WEBHOOK_ALLOW_PRIVATE is not true`);
}
