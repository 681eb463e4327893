import { type ReactNode, useState } from 'react';
import { lazyDialog } from './lazy-part.tsx';

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  /** `narrow` 440 px, `wide` 880 px. */
  width?: 'narrow' | 'wide';
  /** The buttons, the one that does what the title says last. */
  actions?: ReactNode;
  children?: ReactNode;
}

const DialogWindow = lazyDialog(() => import('./dialog-window.tsx').then((module) => module.DialogWindow));

/**
 * A modal dialog. Esc and a click beside it close it; the focus returns to where it was. Its library is loaded when it
 * opens for the first time, or when the page is at rest.
 */
export function Dialog(props: DialogProps) {
  const [isUsed, setIsUsed] = useState(props.open);
  if (props.open && !isUsed) setIsUsed(true);
  return isUsed ? <DialogWindow {...props} /> : null;
}
