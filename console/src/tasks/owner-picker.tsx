import { Combobox } from '@base-ui/react/combobox';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '#client';
import { api } from '../api/client.ts';
import { useOwner } from '../api/owners.ts';
import { nameOf } from '../api/records.ts';
import { t } from '../i18n/t.ts';
import fieldStyles from '../ui/field.module.css';
import menu from '../ui/menu.module.css';
import styles from './owner-picker.module.css';

/** How many users are offered. */
const OFFERED_USERS = 20;

interface OwnerPickerProps {
  userId: number | undefined;
  onChange: (userId: number | undefined) => void;
  /** The name for screen readers, if no `Field` around it has a label. */
  name?: string;
  autoFocus?: boolean;
}

/** A choice of a user, by name or address as one types. */
export function OwnerPicker({ userId, onChange, name, autoFocus = false }: OwnerPickerProps) {
  const owner = useOwner(userId);
  const [typed, setTyped] = useState('');
  const words = owner !== undefined && typed === nameOf(owner) ? '' : typed.trim();
  const { data } = useQuery({
    queryKey: ['user', 'related', 'picker', words],
    queryFn: () =>
      api.users.listPage({ perPage: OFFERED_USERS, ...(/[\p{L}\p{N}]/u.test(words) && { search: words }) }),
    placeholderData: keepPreviousData,
  });
  const found = data?.items ?? [];
  const items = owner === undefined || found.some((user) => user.userId === owner.userId) ? found : [owner, ...found];
  return (
    <Combobox.Root
      items={items}
      filter={null}
      value={userId === undefined ? null : (owner ?? null)}
      itemToStringLabel={nameOf}
      isItemEqualToValue={(one: User, other: User) => one.userId === other.userId}
      onValueChange={(user, details) => {
        // Esc closes what the picker is in, and does not remove the owner.
        if (details.reason === 'escape-key') details.allowPropagation();
        else onChange(user?.userId);
      }}
      onInputValueChange={(text, details) => {
        if (details.reason === 'escape-key') details.cancel();
        else setTyped(text);
      }}
      autoHighlight
    >
      <Combobox.Input
        className={fieldStyles.input}
        placeholder={t('tasks.ownerHint')}
        aria-label={name}
        autoFocus={autoFocus}
        autoComplete="off"
      />
      <Combobox.Portal>
        <Combobox.Positioner className={menu.positioner} sideOffset={4} align="start">
          <Combobox.Popup className={`${menu.popup} ${styles.popup}`}>
            <Combobox.Empty className={styles.empty}>{t('tasks.noUser')}</Combobox.Empty>
            <Combobox.List>
              {(user: User) => (
                <Combobox.Item key={user.userId} value={user} className={menu.item}>
                  <span className={menu.label}>{nameOf(user)}</span>
                  <span className={styles.email}>{user.contactEmail}</span>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
