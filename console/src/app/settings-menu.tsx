import { endSession, useSession } from '../api/session.ts';
import { useStore } from '../api/store.ts';
import { TIME_ZONE } from '../formats/dates.ts';
import { currentLanguage, LANGUAGES, type Language, selectLanguage, t } from '../i18n/t.ts';
import { IconButton } from '../ui/button.tsx';
import { Menu } from '../ui/menu.tsx';
import { selectTheme, theme } from './theme.ts';

const THEMES = [
  { value: 'system', name: 'app.themeSystem' },
  { value: 'light', name: 'app.themeLight' },
  { value: 'dark', name: 'app.themeDark' },
] as const;

/** Who is signed in, the theme, the language, and the way out. */
export function SettingsMenu() {
  const { caller } = useSession();
  const selected = useStore(theme);
  return (
    <Menu
      align="end"
      trigger={<IconButton icon="account" name={t('app.account')} />}
      groups={[
        {
          heading: t('app.theme'),
          actions: THEMES.map(({ value, name }) => ({
            label: t(name),
            isSelected: value === selected,
            run: () => selectTheme(value),
          })),
        },
        {
          heading: t('app.language'),
          actions: Object.entries(LANGUAGES).map(([language, label]) => ({
            label,
            isSelected: language === currentLanguage(),
            run: () => selectLanguage(language as Language),
          })),
        },
        {
          heading: `${caller.scopes.join(', ')} · ${t('app.zone', { zone: TIME_ZONE })}`,
          actions: [{ label: t('app.signOut'), run: endSession }],
        },
      ]}
    />
  );
}
