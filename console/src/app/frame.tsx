import { Link, Outlet, useNavigate } from '@tanstack/react-router';
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
import { Overlays } from './overlays.tsx';
import { allowedPages, type ConsolePage } from './pages.ts';
import { overlay } from './palette-state.ts';
import { SettingsMenu } from './settings-menu.tsx';
import { StatusBanner } from './status-banner.tsx';

/** How many pages the bottom bar of phones shows beside "More". */
const BOTTOM_BAR_PAGES = 4;

/** What surrounds every page: the rail, the header, messages. */
export function Frame() {
  const pages = allowedPages();
  const navigate = useNavigate();
  useLive();
  useKeys([
    ...pages.map((page) => ({ keys: `g ${page.key}`, name: page.name, run: () => navigate({ to: page.path }) })),
    { keys: 'Mod+k', name: 'app.keyPalette', isMove: true, run: () => overlay.set('palette') },
    { keys: 'Mod+z', name: 'app.keyUndo', run: () => undoLast() },
    { keys: '?', name: 'app.keyHelp', run: () => overlay.set('keys') },
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
        <button
          type="button"
          className={styles.search}
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => overlay.set('palette')}
        >
          <Icon name="search" />
          <span className={styles.searchText}>{t('app.search')}</span>
          <kbd>{printKeys('Mod+k')}</kbd>
        </button>
        <LiveDot />
        <SettingsMenu />
      </header>
      <div className={styles.middle}>
        <StatusBanner />
        <main className={styles.content} id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <BottomBar pages={pages} />
      <Overlays />
      <Toaster />
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
