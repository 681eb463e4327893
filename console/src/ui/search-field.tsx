import { useEffect, useId, useRef, useState } from 'react';
import { t } from '../i18n/t.ts';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import styles from './search-field.module.css';

const TYPING_MS = 150;
const MAX_HISTORY = 10;

interface SearchFieldProps {
  /** The name of the list, under which this browser keeps its last searches. */
  name: string;
  label?: string;
  value: string;
  /** Is called while one types, a moment after the last key. */
  onSearch: (text: string) => void;
  /** Receives the function that moves the focus here, for a key. */
  focusRef?: { current: (() => void) | undefined };
}

/** Search as you type. Past searches are suggested. Enter leaves it, for the keys of the list; Esc empties it, then leaves it. */
export function SearchField({ name, label = t('ui.search'), value, onSearch, focusRef }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const listId = useId();
  // Back and forward change the value from outside.
  const sent = useRef(value);
  if (sent.current !== value) {
    sent.current = value;
    setText(value);
  }
  useEffect(() => {
    if (focusRef === undefined) return;
    focusRef.current = () => input.current?.focus();
    return () => {
      focusRef.current = undefined;
    };
  }, [focusRef]);

  const search = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = next.trim();
      onSearch(next.trim());
    }, TYPING_MS);
  };

  return (
    <div className={styles.search}>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        list={listId}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => search(event.target.value)}
        onBlur={() => addToHistory(name, text.trim())}
        onKeyDown={(event) => {
          if (event.key === 'Enter') input.current?.blur();
          else if (event.key === 'Escape' && text !== '') search('');
          else if (event.key === 'Escape') input.current?.blur();
        }}
      />
      <datalist id={listId}>
        {readHistory(name).map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      {text !== '' && (
        <IconButton icon="close" name={t('ui.searchClear')} className={styles.clear} onClick={() => search('')} />
      )}
    </div>
  );
}

function readHistory(name: string): string[] {
  try {
    return JSON.parse(localStorage.getItem(`console.search.${name}`) ?? '[]');
  } catch {
    return [];
  }
}

function addToHistory(name: string, text: string): void {
  if (text === '') return;
  const others = readHistory(name).filter((one) => one !== text);
  localStorage.setItem(`console.search.${name}`, JSON.stringify([text, ...others].slice(0, MAX_HISTORY)));
}
