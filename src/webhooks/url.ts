/** The longest URL that a webhook may have, in characters. */
export const MAX_URL_LENGTH = 2_048;

/** Whether events can be sent there: an http or https URL without user, password and fragment. */
export function isWebhookUrl(text: string): boolean {
  // White space and control characters would be taken out, or encoded, by the parser.
  if (!/^https?:\/\/[^\s\p{C}#]+$/iu.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}
