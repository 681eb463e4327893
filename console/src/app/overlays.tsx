import { openConflict, openQuestion } from '../api/questions.ts';
import { sessionEnded } from '../api/session.ts';
import { useStore } from '../api/store.ts';
import { lazyDialog } from '../ui/lazy-part.tsx';
import { setTopDialogs, TopDialogs } from '../ui/top-dialogs.tsx';
import { overlay } from './palette-state.ts';

const Palette = lazyDialog(() => import('./palette.tsx').then((module) => module.Palette));
const KeyHelp = lazyDialog(() => import('./key-help.tsx').then((module) => module.KeyHelp));
const SessionEnded = lazyDialog(() => import('./session-ended.tsx').then((module) => module.SessionEnded));
const ConflictDialog = lazyDialog(() =>
  import('../record/conflict-dialog.tsx').then((module) => module.ConflictDialog),
);

const ChangedDialog = lazyDialog(() => import('../record/changed-dialog.tsx').then((module) => module.ChangedDialog));

/** The dialogs that can open over any other. */
function Top() {
  const isEnded = useStore(sessionEnded);
  const conflict = useStore(openConflict);
  const question = useStore(openQuestion);
  if (isEnded) return <SessionEnded />;
  if (conflict !== undefined) return <ConflictDialog />;
  return question && <ChangedDialog />;
}

setTopDialogs(Top);

/** The dialogs that any page can need. Each is loaded when it opens. */
export function Overlays() {
  const open = useStore(overlay);
  return (
    <>
      {open === 'palette' && <Palette />}
      {open === 'keys' && <KeyHelp />}
      <TopDialogs />
    </>
  );
}
