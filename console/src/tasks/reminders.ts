import { t } from '../i18n/t.ts';

/** When a reminder can be sent, in minutes before the due date. Others are possible in the API. */
export const REMINDERS: readonly number[] = [0, 5, 15, 30, 60, 120, 1440, 2880, 10_080];

/** When the reminder is sent, for people. */
export function reminderLabel(minutes: number): string {
  if (minutes === 0) return t('tasks.reminderAtDue');
  if (minutes % 1440 === 0) return t('tasks.reminderDays', { count: minutes / 1440 });
  if (minutes % 60 === 0) return t('tasks.reminderHours', { count: minutes / 60 });
  return t('tasks.reminderMinutes', { count: minutes });
}
