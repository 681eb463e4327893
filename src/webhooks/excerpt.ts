/** How much of a response's body is kept with a delivery, in bytes. */
export const MAX_EXCERPT_BYTES = 1024;

/**
 * The beginning of a response's body as text to store and show: bytes that are not UTF-8 become U+FFFD, control characters
 * and those that change the direction of text become spaces. Null when nothing is left.
 */
export function toExcerpt(body: Uint8Array): string | null {
  // As a stream, so that a character that the limit cuts is left out.
  const text = new TextDecoder().decode(body.subarray(0, MAX_EXCERPT_BYTES), { stream: true });
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim() || null;
}
