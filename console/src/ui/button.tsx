import type { ComponentProps } from 'react';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps extends ComponentProps<'button'> {
  /** `primary` at most once on a page. `plain` has no border. */
  look?: 'normal' | 'primary' | 'danger' | 'plain';
  icon?: IconName;
}

/** A button with a text. */
export function Button({ look = 'normal', icon, className, children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={`${styles.button} ${styles[look]} ${className ?? ''}`} {...rest}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface ActionButtonProps extends Omit<ButtonProps, 'children' | 'name'> {
  icon: IconName;
  /** What the button does: its text, and on phones its name for screen readers. */
  name: string;
}

/** A button with a text, of which phones show the icon alone. */
export function ActionButton({ name, ...rest }: ActionButtonProps) {
  return (
    <Button aria-label={name} {...rest}>
      <span className={styles.actionText}>{name}</span>
    </Button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'name'> {
  icon: IconName;
  /** What the button does: its name for screen readers, and its tooltip. */
  name: string;
}

/** A button with an icon alone. */
export function IconButton({ icon, name, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`${styles.button} ${styles.plain} ${styles.square} ${className ?? ''}`}
      aria-label={name}
      title={name}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
