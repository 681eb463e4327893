import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';

interface ErrorStateProps {
  error: Error & { requestId?: string | undefined };
  onRetry?: (() => void) | undefined;
}

/** What is shown instead of content that could not be read: the sentence of the service, and a button to try again. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  return (
    <div role="alert">
      <EmptyState
        title={t('ui.failed')}
        actions={
          onRetry && (
            <Button icon="refresh" onClick={onRetry}>
              {t('ui.retry')}
            </Button>
          )
        }
      >
        {error.message}
        {error.requestId !== undefined && (
          <>
            <br />
            {t('ui.requestId', { id: error.requestId })}
          </>
        )}
      </EmptyState>
    </div>
  );
}
