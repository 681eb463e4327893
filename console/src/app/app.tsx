import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { queryClient } from '../api/query-client.ts';
import { session } from '../api/session.ts';
import { useStore } from '../api/store.ts';
import { createConsoleRouter } from './router.tsx';

const SignIn = lazy(() => import('./sign-in.tsx').then((module) => ({ default: module.SignIn })));

/** The console: the sign-in, then the pages. @param problem why the stored token did not start a session. */
export function App({ problem }: { problem?: string | undefined }) {
  const current = useStore(session);
  return (
    // The policy of the page allows no inline style.
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <Suspense fallback={null}>{current === undefined ? <SignIn problem={problem} /> : <Pages />}</Suspense>
      </QueryClientProvider>
    </CSPProvider>
  );
}

function Pages() {
  const router = useMemo(createConsoleRouter, []);
  return <RouterProvider router={router} />;
}
