/** The maximum size of the start of a response body that is stored with an attempt. */
export const MAX_EXCERPT_BYTES = 1024;

/**
 * The start of a response body as text that is safe to display: invalid UTF-8 becomes U+FFFD, and control characters and
 * bidirectional controls become spaces. Null if nothing is left.
 */
export function toExcerpt(body: Uint8Array): string | null {
  // With `stream`, a character that the limit cuts is left out instead of replaced.
  const text = new TextDecoder().decode(body.subarray(0, MAX_EXCERPT_BYTES), { stream: true });
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim() || null;
}
