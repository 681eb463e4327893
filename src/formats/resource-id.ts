const CANONICAL = /^[1-9][0-9]{0,15}$/;

/** Parses the id of a resource. Returns undefined if the text is not one: `0`, `01`, `1.0`, 2^53. */
export function parseResourceId(text: string): number | undefined {
  return CANONICAL.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}
