/** The maximum length of a webhook's URL, in characters. */
export const MAX_URL_LENGTH = 2_048;

/** Whether a text is an http or https URL without user, password and fragment. */
export function isWebhookUrl(text: string): boolean {
  // The URL parser would remove or encode white space and control characters.
  if (!/^https?:\/\/[^\s\p{C}#]+$/iu.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}
