import { cloneElement, lazy, type ReactElement, Suspense, useState } from 'react';
import type { IconName } from './icon.tsx';

export interface MenuAction {
  label: string;
  icon?: IconName;
  /** The keys that do the same, such as `e`. */
  keys?: string;
  isDanger?: boolean;
  isDisabled?: boolean;
  /** For a choice: whether this is the selected one. */
  isSelected?: boolean;
  run: () => void;
}

export interface MenuProps {
  /** The button that opens the menu. */
  trigger: ReactElement<{ onClick?: () => void; onPointerEnter?: () => void; onFocus?: () => void }>;
  /** Actions in groups, with a line between two groups. A group may have a heading. */
  groups: readonly { heading?: string; actions: readonly MenuAction[] }[];
  align?: 'start' | 'end';
}

const load = () => import('./menu-popup.tsx');
const MenuPopup = lazy(() => load().then((module) => ({ default: module.MenuPopup })));

/** A menu of actions. Its library is loaded when the pointer or the focus comes near. */
export function Menu(props: MenuProps) {
  const [isUsed, setIsUsed] = useState(false);
  const trigger = cloneElement(props.trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onPointerEnter: load,
    onFocus: load,
    onClick: () => setIsUsed(true),
  } as object);
  if (!isUsed) return trigger;
  return (
    <Suspense fallback={trigger}>
      <MenuPopup {...props} />
    </Suspense>
  );
}
