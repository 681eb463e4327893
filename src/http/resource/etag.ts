import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ENTITY_TAG, ifMatch, ifMatchError } from '../errors/header-errors.ts';

/**
 * The entity tag of a resource (RFC 9110, section 8.8.3): strong, and another one with every change.
 *
 * @param state tells apart what is shown of one version, for a resource that shows more than its own fields: letters,
 *   digits and hyphens. It does not count for `If-Match`.
 */
export function versionTag(version: number, state?: string): string {
  return state === undefined ? `"${version}"` : `"${version}.${state}"`;
}

/** The entity tag of a body. */
export function bodyTag(body: string | Buffer): string {
  return `"${hash('sha256', body, 'base64url')}"`;
}

const VERSION_TAG = /^"([1-9][0-9]{0,15})(?:\.[0-9a-z]+-[0-9a-z]+)?"$/;

/** Sets the entity tag, and answers 304 without the body when the client has it already (RFC 9110, section 13.1.2). */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, tag: string, body: unknown): FastifyReply {
  reply.header('etag', tag);
  return holdsTag(request.headers['if-none-match'], tag) ? reply.code(304).send() : reply.send(body);
}

/**
 * The versions that `If-Match` asks for (RFC 9110, section 13.1.1), or undefined where it asks for none: without the
 * header, with `*`, which whatever exists matches, and with `null`, which a documented client sends. A weak tag never
 * matches, nor does one that is not ours.
 *
 * @throws ApiError for a header that is none of this.
 */
export function expectedVersions(request: FastifyRequest): number[] | undefined {
  const header = ifMatch(request);
  if (header === undefined) return undefined;
  const error = ifMatchError(request);
  if (error !== undefined) throw error;
  const tags = [...header.matchAll(ENTITY_TAG)].map(([tag]) => tag);
  return tags.flatMap((tag) => VERSION_TAG.exec(tag)?.[1] ?? []).map(Number);
}

/** As {@link sendTagged}, for what has no version: the tag is of the body. */
export function sendTaggedBody(request: FastifyRequest, reply: FastifyReply, content: unknown): FastifyReply {
  const body = reply.serialize(content) as string;
  reply.type('application/json; charset=utf-8');
  return sendTagged(request, reply, bodyTag(body), body);
}

/** Weak tags count as well: for not sending a body again it is enough that the meaning is the same. */
function holdsTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  for (const [, opaque] of header.matchAll(ENTITY_TAG)) if (opaque === tag) return true;
  return false;
}
