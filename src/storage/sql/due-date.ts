/** A date-time that has no seconds, up to where they belong. */
const WITHOUT_SECONDS = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?!:)/i;

/**
 * A date-time with seconds: `:00` where it has none. Rows of earlier versions may have none, where the client sent none.
 */
export function withSeconds(text: string): string {
  return text.replace(WITHOUT_SECONDS, '$1:00');
}
