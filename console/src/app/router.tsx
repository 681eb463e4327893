import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  useLocation,
} from '@tanstack/react-router';
import { CONSOLE_PATH } from '../api/base.ts';
import { t } from '../i18n/t.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Frame } from './frame.tsx';
import { allowedPages, pageAt } from './pages.ts';

/** The router of the pages that the session allows. */
export function createConsoleRouter() {
  const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });
  const routes = allowedPages().flatMap(({ path, component, record }) =>
    [{ path, component }, ...(record === undefined ? [] : [record])].map((route) =>
      createRoute({ ...route, getParentRoute: () => root, errorComponent: PageError }),
    ),
  );
  return createRouter({
    routeTree: root.addChildren(routes),
    basepath: CONSOLE_PATH,
    defaultPreload: 'intent',
    defaultPendingMs: 200,
    // Parameters of the URL are plain text, as people write them.
    parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
    stringifySearch: (search) => {
      const defined = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
      const text = new URLSearchParams(defined.map(([name, value]) => [name, String(value)])).toString();
      return text === '' ? '' : `?${text}`;
    },
  });
}

/** What is shown if a page throws, or its script could not be loaded. */
function PageError({ error, reset }: ErrorComponentProps) {
  return <ErrorState error={error as Error} onRetry={reset} />;
}

function NotFound() {
  const { pathname } = useLocation();
  const forbidden = pageAt(pathname);
  return (
    <EmptyState title={t(forbidden === undefined ? 'app.noPage' : 'app.forbidden')}>
      {forbidden && t('app.forbiddenHint', { scopes: forbidden.scopes.join(', ') })}
    </EmptyState>
  );
}
