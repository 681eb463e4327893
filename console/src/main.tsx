import './styles/tokens.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { CONSOLE_PATH } from './api/base.ts';
import { storedToken } from './api/session.ts';
import { signIn } from './api/sign-in.ts';
import { App } from './app/app.tsx';
import { preloadPage } from './app/pages.ts';
import { applyTheme } from './app/theme.ts';
import { loadMessages } from './i18n/t.ts';

applyTheme();
const token = storedToken();
// What does not depend on each other is loaded at the same time.
const loaded = loadMessages();
if (token) preloadPage(location.pathname.slice(CONSOLE_PATH.length - 1));
const [problem] = await Promise.all([token ? signIn(token, false) : undefined, loaded]);
createRoot(document.getElementById('root') as HTMLElement).render(<App problem={problem} />);
