import { ApiError } from '#client';
import { loadMessages, t } from '../i18n/t.ts';
import { clientWith } from './client.ts';
import { startSession } from './session.ts';

/** Checks the token, and starts the session. @returns what is wrong, or undefined. */
export async function signIn(token: string, keep: boolean): Promise<string | undefined> {
  try {
    startSession(token, await clientWith(token).tokens.whoami(), keep);
    return undefined;
  } catch (error) {
    // At the start they are loaded meanwhile.
    await loadMessages();
    if (!(error instanceof ApiError)) return t('app.unreachable');
    return error.status === 401 ? t('app.tokenRejected') : error.message;
  }
}
