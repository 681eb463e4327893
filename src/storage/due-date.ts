/** Up to where a date-time goes that has no seconds: `2026-03-01T12:00`. */
const MINUTES_LENGTH = 16;

/**
 * A date-time with seconds: `:00` where it has none. Rows of earlier versions may have none, where the client sent none.
 */
export function withSeconds(text: string): string {
  if (text[MINUTES_LENGTH] === ':') return text;
  return `${text.slice(0, MINUTES_LENGTH)}:00${text.slice(MINUTES_LENGTH)}`;
}
