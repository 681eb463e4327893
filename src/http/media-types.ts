import type { FastifyReply } from 'fastify';

const QUALITY = /^q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * Whether an `Accept` header prefers a media type to JSON, the default (RFC 9110, section 12.5.1). If it names both with the
 * same quality, JSON is preferred.
 */
export function isPreferredToJson(accept: string | undefined, type: string): boolean {
  const qualities = parseAccept(accept ?? '');
  const quality = qualities.get(type) ?? 0;
  const json = qualities.get('application/json');
  if (json !== undefined) return quality > json;
  const wildcard = qualities.get('application/*') ?? qualities.get('*/*') ?? 0;
  return quality > 0 && quality >= wildcard;
}

/** The quality of each media range, in lower case. Other parameters are ignored. */
function parseAccept(accept: string): Map<string, number> {
  return new Map(
    accept
      .toLowerCase()
      .split(',')
      .map((range) => {
        const [type = '', ...parameters] = range.split(';').map((text) => text.trim());
        const quality = parameters.map((text) => QUALITY.exec(text)?.[1]).find((value) => value !== undefined);
        return [type, Number(quality ?? 1)];
      }),
  );
}

/** Adds `Vary: Accept`, for caches. CORS may have added another field. */
export function varyByAccept(reply: FastifyReply): void {
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? 'Accept' : `${vary}, Accept`);
}
