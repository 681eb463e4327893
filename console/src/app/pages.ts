import { lazyRouteComponent } from '@tanstack/react-router';
import type { Scope } from '#client';
import { hasScopes } from '../api/session.ts';
import { type Key, loadOperationsMessages } from '../i18n/t.ts';
import type { IconName } from '../ui/icon.tsx';

/** A page of the console. The list below makes its route, and its entries in the rail, the palette and the keys. */
export interface ConsolePage {
  /** Below `/console`. A part `$name` is a parameter. */
  path: string;
  name: Key;
  icon: IconName;
  /** Scopes that the token needs, all of them. Otherwise the page is not shown. */
  scopes: readonly Scope[];
  /** With `g` before it, the key that opens the page. */
  key: string;
  /** Pages of a group are together in the rail. */
  group: 'data' | 'operations';
  component: ReturnType<typeof lazyRouteComponent>;
  /** The page of one record, such as `/tasks/$taskId`. It is not in the rail. */
  record?: { path: string; component: ReturnType<typeof lazyRouteComponent> };
}

/** A page whose texts are loaded with it. */
const operationsPage: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(async () => {
    const [page] = await Promise.all([load(), loadOperationsMessages()]);
    return page;
  }, name);

/** All pages, in the order of the rail. On phones, the first four are in the bottom bar. */
const PAGES: readonly ConsolePage[] = [
  {
    path: '/',
    name: 'app.start',
    icon: 'start',
    scopes: [],
    key: 's',
    group: 'data',
    component: lazyRouteComponent(() => import('../start/page.tsx'), 'Page'),
  },
  {
    path: '/tasks',
    name: 'app.tasks',
    icon: 'tasks',
    scopes: ['tasks:read'],
    key: 't',
    group: 'data',
    component: lazyRouteComponent(() => import('../tasks/page.tsx'), 'Page'),
    record: {
      path: '/tasks/$taskId',
      component: lazyRouteComponent(() => import('../tasks/task-page.tsx'), 'TaskPage'),
    },
  },
  {
    path: '/users',
    name: 'app.users',
    icon: 'users',
    scopes: ['users:read'],
    key: 'u',
    group: 'data',
    component: lazyRouteComponent(() => import('../users/page.tsx'), 'Page'),
    record: {
      path: '/users/$userId',
      component: lazyRouteComponent(() => import('../users/user-page.tsx'), 'UserPage'),
    },
  },
  {
    path: '/events',
    name: 'app.events',
    icon: 'events',
    scopes: [],
    key: 'e',
    group: 'operations',
    component: operationsPage(() => import('../events/page.tsx'), 'Page'),
  },
  {
    path: '/audit',
    name: 'app.audit',
    icon: 'audit',
    scopes: ['admin'],
    key: 'a',
    group: 'operations',
    component: operationsPage(() => import('../audit/page.tsx'), 'Page'),
  },
  {
    path: '/webhooks',
    name: 'app.webhooks',
    icon: 'webhooks',
    scopes: ['admin'],
    key: 'w',
    group: 'operations',
    component: operationsPage(() => import('../webhooks/page.tsx'), 'Page'),
    record: {
      path: '/webhooks/$webhookId',
      component: operationsPage(() => import('../webhooks/webhook-page.tsx'), 'WebhookPage'),
    },
  },
  {
    path: '/tokens',
    name: 'app.tokens',
    icon: 'tokens',
    scopes: ['admin'],
    key: 'k',
    group: 'operations',
    component: operationsPage(() => import('../tokens/page.tsx'), 'Page'),
  },
  {
    path: '/health',
    name: 'app.health',
    icon: 'health',
    scopes: [],
    key: 'h',
    group: 'operations',
    component: operationsPage(() => import('../health/page.tsx'), 'Page'),
  },
];

/** The pages that the token of the session allows. */
export function allowedPages(): ConsolePage[] {
  return PAGES.filter(({ scopes }) => hasScopes(scopes));
}

/** The page at a path below `/console`, also if the token does not allow it. */
export function pageAt(path: string): ConsolePage | undefined {
  return PAGES.find((page) => page.path === path || (page.path !== '/' && path.startsWith(`${page.path}/`)));
}

/** Begins to load the script of the page at a path below `/console`, before it is known whether the token allows it. */
export function preloadPage(path: string): void {
  const page = pageAt(path);
  const component = path === page?.path ? page.component : page?.record?.component;
  // If it cannot be loaded, the page reports it when it is shown.
  void component?.preload?.()?.catch(() => undefined);
}
