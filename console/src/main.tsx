import './styles/tokens.css';
import './styles/base.css';
import { createRoot } from 'react-dom/client';
import { storedToken } from './api/session.ts';
import { signIn } from './api/sign-in.ts';
import { App } from './app/app.tsx';
import { applyTheme } from './app/theme.ts';
import { loadMessages } from './i18n/t.ts';

applyTheme();
const token = storedToken();
const loaded = loadMessages();
const problem = token ? await loaded.then(() => signIn(token, false)) : await loaded;
createRoot(document.getElementById('root') as HTMLElement).render(<App problem={problem ?? undefined} />);
