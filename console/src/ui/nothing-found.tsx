import { t } from '../i18n/t.ts';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';

/** What a list shows if its filters match nothing. */
export function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState title={t('ui.nothingFound')} actions={<Button onClick={onClear}>{t('ui.clearFilters')}</Button>}>
      {t('ui.nothingFoundHint')}
    </EmptyState>
  );
}
