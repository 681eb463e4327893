import { useState } from 'react';
import { SERVICE_URL } from '../api/base.ts';
import { type RecordedRequest, recordedRequests } from '../api/recorder.ts';
import { useStore } from '../api/store.ts';
import { type Language, WRITERS } from '../formats/request-code.ts';
import { t } from '../i18n/t.ts';
import { Button } from '../ui/button.tsx';
import { useCopy } from '../ui/use-copy.ts';
import styles from './request-code.module.css';

const LANGUAGES = { curl: 'curl', javascript: 'JavaScript', python: 'Python' } as const satisfies Record<
  Language,
  string
>;

/** The last request that changed the record of this path or, if there is none, the last that read it: as code to copy. */
export function RequestCode({ path }: { path: string }) {
  const requests = useStore(recordedRequests).filter((one) => isAbout(one, path));
  const request = requests.find(({ method }) => method !== 'GET') ?? requests[0];
  if (request === undefined) return null;
  return (
    <section className={styles.section} aria-label={t('record.code')}>
      <h2>{t('record.code')}</h2>
      <p className={styles.note}>{t('record.codeHint', { request: `${request.method} ${request.path}` })}</p>
      <CodeBlock
        request={{
          method: request.method as 'GET',
          url: `${SERVICE_URL.replace(/\/$/, '')}${request.path}`,
          headers: request.headers,
          ...(request.body !== undefined && { body: JSON.parse(request.body) }),
        }}
      />
    </section>
  );
}

function isAbout({ path: target }: RecordedRequest, path: string): boolean {
  return target === path || target.startsWith(`${path}?`);
}

/** A request as code, in the language of choice, with a button that copies it. */
export function CodeBlock({ request }: { request: Parameters<(typeof WRITERS)['curl']>[0] }) {
  const [language, setLanguage] = useState<Language>('curl');
  const { isCopied, copy } = useCopy();
  const code = WRITERS[language](request);
  return (
    <div className={styles.block}>
      <fieldset className={styles.bar} aria-label={t('record.codeLanguage')}>
        {Object.entries(LANGUAGES).map(([value, label]) => (
          <button
            key={value}
            type="button"
            className={styles.language}
            aria-pressed={value === language}
            onClick={() => setLanguage(value as Language)}
          >
            {label}
          </button>
        ))}
        <Button icon={isCopied ? 'check' : 'copy'} look="plain" className={styles.copy} onClick={() => void copy(code)}>
          {isCopied ? t('record.copied') : t('record.copy')}
        </Button>
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className={styles.code} tabIndex={0}>
        <code>{code}</code>
      </pre>
    </div>
  );
}
