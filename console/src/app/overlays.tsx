import { lazy, Suspense, useEffect } from 'react';
import { openConflict } from '../api/conflict.ts';
import { sessionEnded } from '../api/session.ts';
import { useStore } from '../api/store.ts';
import { setTopDialogs, TopDialogs } from '../ui/top-dialogs.tsx';
import { overlay } from './palette-state.ts';

const loadPalette = () => import('./palette.tsx');
const Palette = lazy(() => loadPalette().then((module) => ({ default: module.Palette })));
const KeyHelp = lazy(() => import('./key-help.tsx').then((module) => ({ default: module.KeyHelp })));
const SessionEnded = lazy(() => import('./session-ended.tsx').then((module) => ({ default: module.SessionEnded })));
const ConflictDialog = lazy(() =>
  import('../record/conflict-dialog.tsx').then((module) => ({ default: module.ConflictDialog })),
);

const PRELOAD_DELAY_MS = 2_000;

/** The dialogs that can open over any other. */
function Top() {
  const isEnded = useStore(sessionEnded);
  const conflict = useStore(openConflict);
  return (
    <Suspense fallback={null}>{isEnded ? <SessionEnded /> : conflict !== undefined && <ConflictDialog />}</Suspense>
  );
}

setTopDialogs(Top);

/** The dialogs that any page can need. Each is loaded when it opens. */
export function Overlays() {
  const open = useStore(overlay);
  useEffect(() => {
    // What is typed after Ctrl-K must not wait for the script.
    const timer = setTimeout(loadPalette, PRELOAD_DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Suspense fallback={null}>
      {open === 'palette' && <Palette />}
      {open === 'keys' && <KeyHelp />}
      <TopDialogs />
    </Suspense>
  );
}
