import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ENTITY_TAG, ifMatch, ifMatchError } from '../errors/header-errors.ts';

/**
 * The strong entity tag of a resource (RFC 9110, section 8.8.3). It changes with every version.
 *
 * @param state distinguishes representations of one version, if the response shows more than the resource's own fields:
 *   letters, digits and hyphens. `If-Match` ignores it.
 */
export function versionTag(version: number, state?: string): string {
  return state === undefined ? `"${version}"` : `"${version}.${state}"`;
}

/** The entity tag of a body. */
export function bodyTag(body: string | Buffer): string {
  return `"${hash('sha256', body, 'base64url')}"`;
}

const VERSION_TAG = /^"([1-9][0-9]{0,15})(?:\.[0-9a-z]+-[0-9a-z]+)?"$/;

/** Sends a body with its entity tag, or 304 if `If-None-Match` has that tag (RFC 9110, section 13.1.2). */
export function sendTagged(request: FastifyRequest, reply: FastifyReply, tag: string, body: unknown): FastifyReply {
  reply.header('etag', tag);
  return hasTag(request.headers['if-none-match'], tag) ? reply.code(304).send() : reply.send(body);
}

/** As {@link sendTagged}, for a resource without a version: the tag is computed from the body. */
export function sendTaggedBody(request: FastifyRequest, reply: FastifyReply, content: unknown): FastifyReply {
  const body = reply.serialize(content) as string;
  reply.type('application/json; charset=utf-8');
  return sendTagged(request, reply, bodyTag(body), body);
}

/**
 * The versions in `If-Match` (RFC 9110, section 13.1.1), or undefined if any version will do: see {@link ifMatch}. A weak
 * tag never matches, nor does a tag of another form.
 *
 * @throws ApiError if the header is invalid.
 */
export function expectedVersions(request: FastifyRequest): number[] | undefined {
  const header = ifMatch(request);
  if (header === undefined) return undefined;
  const error = ifMatchError(request);
  if (error !== undefined) throw error;
  return versionsOf(header);
}

/** The versions in a list of entity tags. */
function versionsOf(tagList: string): number[] {
  const tags = [...tagList.matchAll(ENTITY_TAG)].map(([tag]) => tag);
  return tags.flatMap((tag) => VERSION_TAG.exec(tag)?.[1] ?? []).map(Number);
}

/** As {@link expectedVersions}, for the valid `ifMatch` of an item of a batch. */
export function itemVersions(ifMatch: string | undefined): number[] | undefined {
  return ifMatch === undefined || ifMatch === '*' ? undefined : versionsOf(ifMatch);
}

/** Weak tags match too: `If-None-Match` uses weak comparison. */
function hasTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  for (const [, opaque] of header.matchAll(ENTITY_TAG)) if (opaque === tag) return true;
  return false;
}
