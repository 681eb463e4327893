import { cloneElement, type ReactElement, useState } from 'react';
import type { IconName } from './icon.tsx';
import { lazyPart } from './lazy-part.tsx';

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

const MenuPopup = lazyPart(
  () => import('./menu-popup.tsx').then((module) => module.MenuPopup),
  ({ trigger }: MenuProps) => trigger,
);

/** A menu of actions. Its library is loaded when the pointer or the focus comes near. */
export function Menu(props: MenuProps) {
  const [isUsed, setIsUsed] = useState(false);
  const trigger = cloneElement(props.trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onPointerEnter: MenuPopup.preload,
    onFocus: MenuPopup.preload,
    onClick: () => setIsUsed(true),
  } as object);
  return isUsed ? <MenuPopup {...props} /> : trigger;
}
