import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { openConflict } from '../api/conflict.ts';
import { useStore } from '../api/store.ts';
import { undoLast } from '../api/undo.ts';
import { t } from '../i18n/t.ts';
import { useLive } from '../live/use-live.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { Toaster } from '../ui/toast.tsx';
import styles from './frame.module.css';
import { printKeys, useKeys } from './keys.ts';
import { LiveDot } from './live-dot.tsx';
import { allowedPages, type ConsolePage } from './pages.ts';
import { SettingsMenu } from './settings-menu.tsx';

/** Loaded when there is a conflict. */
const ConflictDialog = lazy(() =>
  import('../record/conflict-dialog.tsx').then((module) => ({ default: module.ConflictDialog })),
);

/** How many pages the bottom bar of phones shows beside "More". */
const BOTTOM_BAR_PAGES = 4;

/** What surrounds every page: the rail, the header, messages. */
export function Frame() {
  const pages = allowedPages();
  const navigate = useNavigate();
  const hasConflict = useStore(openConflict) !== undefined;
  useLive();
  useKeys([
    ...pages.map((page) => ({ keys: `g ${page.key}`, name: page.name, run: () => navigate({ to: page.path }) })),
    { keys: 'Mod+z', run: () => undoLast() },
  ]);
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        {t('app.skip')}
      </a>
      <nav className={styles.rail} aria-label={t('app.navigation')}>
        <PageLinks pages={pages.filter(({ group }) => group === 'data')} />
        <PageLinks pages={pages.filter(({ group }) => group === 'operations')} />
      </nav>
      <header className={styles.header}>
        <button type="button" className={styles.search} aria-keyshortcuts="Control+K Meta+K">
          <Icon name="search" />
          <span className={styles.searchText}>{t('app.search')}</span>
          <kbd>{printKeys('Mod+k')}</kbd>
        </button>
        <LiveDot />
        <SettingsMenu />
      </header>
      <main className={styles.content} id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <BottomBar pages={pages} />
      <Toaster />
      {hasConflict && (
        <Suspense>
          <ConflictDialog />
        </Suspense>
      )}
    </div>
  );
}

function PageLinks({ pages }: { pages: ConsolePage[] }) {
  return (
    <ul className={styles.pages}>
      {pages.map((page) => (
        <li key={page.path}>
          <PageLink page={page} />
        </li>
      ))}
    </ul>
  );
}

function PageLink({ page: { path, name, icon } }: { page: ConsolePage }) {
  return (
    <Link
      to={path}
      className={styles.page}
      activeOptions={{ exact: path === '/', includeSearch: false }}
      title={t(name)}
    >
      <Icon name={icon} />
      <span className={styles.pageName}>{t(name)}</span>
    </Link>
  );
}

/** The navigation on phones. */
function BottomBar({ pages }: { pages: ConsolePage[] }) {
  const navigate = useNavigate();
  const more = pages.slice(BOTTOM_BAR_PAGES).map(({ path, name, icon }) => ({
    label: t(name),
    icon,
    run: () => void navigate({ to: path }),
  }));
  return (
    <nav className={styles.bottomBar} aria-label={t('app.navigation')}>
      {pages.slice(0, BOTTOM_BAR_PAGES).map((page) => (
        <PageLink key={page.path} page={page} />
      ))}
      {more.length > 0 && (
        <Menu align="end" trigger={<IconButton icon="more" name={t('app.more')} />} groups={[{ actions: more }]} />
      )}
    </nav>
  );
}
