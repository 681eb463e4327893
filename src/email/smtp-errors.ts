/**
 * Whether the server has permanently rejected this email (a 5xx reply, RFC 5321 section 4.2.1) for its recipient or its
 * content. A rejection of the sender or the login concerns all emails and is retried, since the operator can fix it.
 */
export function isPermanentRejection(error: unknown): boolean {
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown };
  const permanent = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
  return permanent && (command === 'RCPT TO' || command === 'DATA');
}
