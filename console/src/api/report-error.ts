import { ApiError } from '#client';
import { t } from '../i18n/t.ts';
import { showToast } from '../ui/toast.tsx';

/** Shows an error that belongs to no field: the sentence of the service, and the ID of the request. */
export function reportError(error: unknown): void {
  const { message, requestId } = error as Partial<ApiError>;
  showToast({
    title: error instanceof ApiError ? error.message : (message ?? String(error)),
    description: requestId === undefined ? undefined : t('ui.requestId', { id: requestId }),
    isError: true,
  });
}
