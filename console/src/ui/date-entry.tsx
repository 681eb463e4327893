import { useId } from 'react';
import { dateContext } from '../formats/date-context.ts';
import { longDate, relativeDate } from '../formats/dates.ts';
import { type DateReading, readDate } from '../formats/read-date.ts';
import { t } from '../i18n/t.ts';
import styles from './date-entry.module.css';
import { TextInput } from './field.tsx';

interface DateEntryProps {
  /** What is typed. */
  text: string;
  /** Receives what is typed, and how it is understood. */
  onChange: (text: string, reading: DateReading) => void;
  /** The date that is edited: its time of day is kept if only a day is typed. */
  current?: string | undefined;
  autoFocus?: boolean;
  /** The name for screen readers, if no `Field` around it has a label. */
  name?: string;
}

/** How a text is understood as a date, now. */
export function readEntry(text: string, current?: string): DateReading {
  return readDate(text, dateContext(current));
}

/** Why a text is no date, for the reader. Nothing is wrong with an empty one. */
export function dateProblem(reading: DateReading): string | undefined {
  if (reading.ok || reading.problem === 'empty') return undefined;
  return t(`ui.date_${reading.problem}`, { word: reading.word });
}

/** A date that is typed as people say it. What it means is shown below, before it is taken. */
export function DateEntry({ text, onChange, current, autoFocus, name }: DateEntryProps) {
  const id = useId();
  const reading = readEntry(text, current);
  return (
    <div className={styles.entry}>
      <TextInput
        value={text}
        onValueChange={(next) => onChange(next, readEntry(next, current))}
        placeholder={t('ui.dateExamples')}
        aria-describedby={id}
        aria-label={name}
        autoFocus={autoFocus}
        spellCheck={false}
      />
      <output id={id} className={styles.reading} aria-live="polite">
        {reading.ok ? <Reading {...reading} /> : <span className={styles.problem}>{dateProblem(reading)}</span>}
      </output>
    </div>
  );
}

function Reading({ text, moved }: { text: string; moved: boolean }) {
  return (
    <>
      {longDate(text)} <span className={styles.relative}>({relativeDate(text, Date.now())})</span>
      {moved && <span className={styles.problem}> {t('ui.dateMoved')}</span>}
    </>
  );
}
