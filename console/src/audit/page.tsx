import { t } from '../i18n/t.ts';
import { EmptyState } from '../ui/empty-state.tsx';

export function Page() {
  return <EmptyState title={t('audit.title')}>{t('app.soon')}</EmptyState>;
}
