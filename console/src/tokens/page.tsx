import { t } from '../i18n/t.ts';
import { EmptyState } from '../ui/empty-state.tsx';

export function Page() {
  return <EmptyState title={t('tokens.title')}>{t('app.soon')}</EmptyState>;
}
