import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react';
import { api } from '../api/client.ts';
import { hasScopes } from '../api/session.ts';
import { t } from '../i18n/t.ts';
import { DialogWindow } from '../ui/dialog-window.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { listKeys, printKeys } from './keys.ts';
import { allowedPages } from './pages.ts';
import styles from './palette.module.css';
import { overlay } from './palette-state.ts';

interface Entry {
  id: string;
  label: string;
  detail?: string | undefined;
  icon: IconName;
  keys?: string;
  run: () => unknown;
}

const MAX_FOUND = 6;

/** Finds users, tasks, pages and actions, and opens or runs the chosen one. */
export function Palette() {
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);
  const id = useId();
  const entries = useEntries(text.trim());
  const active = entries[Math.min(index, entries.length - 1)];
  const close = () => overlay.set(undefined);
  const run = (entry: Entry) => {
    close();
    // The dialog gives the focus back first.
    setTimeout(entry.run);
  };

  const press = (event: KeyboardEvent) => {
    const deltas: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const delta = deltas[event.key];
    if (delta !== undefined && entries.length > 0) {
      setIndex((before) => (Math.min(before, entries.length - 1) + delta + entries.length) % entries.length);
    } else if (event.key === 'Enter' && active !== undefined) run(active);
    else return;
    event.preventDefault();
  };

  return (
    <DialogWindow open title={t('app.search')} onClose={close}>
      <input
        className={styles.input}
        role="combobox"
        aria-label={t('app.search')}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={active && `${id}-${active.id}`}
        placeholder={t('app.paletteHint')}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setIndex(0);
        }}
        onKeyDown={press}
      />
      <div className={styles.entries} role="listbox" id={id} aria-label={t('app.paletteResults')}>
        {entries.map((entry) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field names the active entry
          <div
            key={entry.id}
            id={`${id}-${entry.id}`}
            role="option"
            aria-selected={entry === active}
            className={styles.entry}
            ref={(element) => {
              if (entry === active) element?.scrollIntoView({ block: 'nearest' });
            }}
            onClick={() => run(entry)}
          >
            <Icon name={entry.icon} />
            <span className={styles.label}>{entry.label}</span>
            {entry.detail !== undefined && <span className={styles.detail}>{entry.detail}</span>}
            {entry.keys !== undefined && <kbd>{printKeys(entry.keys)}</kbd>}
          </div>
        ))}
        {entries.length === 0 && <p className={styles.detail}>{t('app.paletteEmpty')}</p>}
      </div>
    </DialogWindow>
  );
}

function useEntries(text: string): Entry[] {
  const navigate = useNavigate();
  const searched = useDeferredValue(text);
  const found = useQuery({
    queryKey: ['palette', searched],
    queryFn: ({ signal }) => search(searched, signal),
    enabled: searched !== '',
    staleTime: 5_000,
    placeholderData: (previous) => previous,
  });
  const pages = allowedPages().map(({ path, name, icon, key }) => ({
    id: `page-${key}`,
    label: t('app.goTo', { page: t(name) }),
    icon,
    keys: `g ${key}`,
    run: () => navigate({ to: path }),
  }));
  const actions = listKeys()
    .filter(({ keys, isMove }) => !keys.startsWith('g ') && !isMove)
    .map(({ keys, name, run }) => ({
      id: `action-${keys.replaceAll(/\W/g, '-')}`,
      label: name === undefined ? keys : t(name),
      icon: 'chevronRight' as const,
      keys,
      run: () => run(new KeyboardEvent('keydown')),
    }));
  const words = text.toLowerCase().split(/\s+/);
  const hasWords = (label: string) => words.every((word) => label.toLowerCase().includes(word));
  const commands = [...pages, ...actions].filter(({ label }) => hasWords(label));
  // What an earlier text found may be chosen only if it has the words of this one, too.
  const isOld = searched !== text || found.isPlaceholderData;
  const records = (searched === '' ? [] : (found.data ?? [])).filter(
    ({ label, detail }) => !isOld || hasWords(`${label} ${detail}`),
  );
  const opened = records.map(({ path, ...entry }) => ({ ...entry, run: () => navigate({ to: path }) }));
  return [...opened, ...commands];
}

async function search(text: string, signal: AbortSignal) {
  const query = /^#?[1-9]\d*$/.test(text) ? undefined : { search: text, perPage: MAX_FOUND };
  const id = Number(text.replace('#', ''));
  const [tasks, users] = await Promise.all([
    hasScopes(['tasks:read']) ? api.tasks.listPage(query ?? { taskId: id }, { signal }) : undefined,
    hasScopes(['users:read']) ? api.users.listPage(query ?? { userId: id }, { signal }) : undefined,
  ]);
  return [
    ...(users?.items ?? []).map((user) => ({
      id: `user-${user.userId}`,
      label: `${user.firstName} ${user.lastName}`,
      detail: user.contactEmail,
      icon: 'users' as const,
      path: `/users/${user.userId}`,
    })),
    ...(tasks?.items ?? []).map((task) => ({
      id: `task-${task.taskId}`,
      label: task.taskTitle,
      detail: t(`ui.${task.taskStatus}`),
      icon: 'tasks' as const,
      path: `/tasks/${task.taskId}`,
    })),
  ];
}
