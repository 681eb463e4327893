import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Icon } from './icon.tsx';
import styles from './menu.module.css';
import type { MenuAction, MenuProps } from './menu.tsx';

/** A {@link Menu} that has been opened. */
export function MenuPopup({ trigger, groups, align = 'start' }: MenuProps) {
  return (
    <BaseMenu.Root modal={false} defaultOpen>
      <BaseMenu.Trigger render={trigger} />
      <BaseMenu.Portal>
        <BaseMenu.Positioner className={styles.positioner} sideOffset={4} align={align}>
          <BaseMenu.Popup className={styles.popup}>
            {groups.map((group, index) => (
              // The groups of a menu do not change their order.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              <BaseMenu.Group key={index} className={styles.group}>
                {group.heading !== undefined && (
                  <BaseMenu.GroupLabel className={styles.heading}>{group.heading}</BaseMenu.GroupLabel>
                )}
                {group.actions.map((action) => (
                  <Item key={action.label} {...action} />
                ))}
              </BaseMenu.Group>
            ))}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

function Item({ label, icon, keys, isDanger, isDisabled = false, isSelected, run }: MenuAction) {
  return (
    <BaseMenu.Item
      className={`${styles.item} ${isDanger ? styles.danger : ''}`}
      disabled={isDisabled}
      onClick={run}
      {...(isSelected !== undefined && { role: 'menuitemradio', 'aria-checked': isSelected })}
    >
      {isSelected !== undefined && <span className={styles.mark}>{isSelected && <Icon name="check" />}</span>}
      {icon !== undefined && <Icon name={icon} />}
      <span className={styles.label}>{label}</span>
      {keys !== undefined && <kbd className={styles.keys}>{keys}</kbd>}
    </BaseMenu.Item>
  );
}
