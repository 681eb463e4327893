import { sessionEnded } from '../api/session.ts';
import { useStore } from '../api/store.ts';
import { t } from '../i18n/t.ts';
import { DialogWindow } from '../ui/dialog-window.tsx';
import { SignInForm } from './sign-in.tsx';

/** Asks for a token again when the service no longer accepts the one of the session. What was typed stays. */
export function SessionEnded() {
  const isEnded = useStore(sessionEnded);
  return (
    <DialogWindow
      isTop
      open={isEnded}
      onClose={() => sessionEnded.set(false)}
      title={t('app.sessionEndedTitle')}
      description={t('app.sessionEnded')}
    >
      <SignInForm />
    </DialogWindow>
  );
}
