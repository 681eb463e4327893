import { LINK_LIFETIME_MS } from '../domain/emails.ts';
import type { Task } from '../domain/tasks.ts';
import { toMilliseconds } from '../formats/date-time.ts';
import { formatDueDate } from './due-date.ts';

/** The content of an email. */
export interface EmailContent {
  subject: string;
  text: string;
  html: string;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * A reminder to the owner of a task that it is due soon, or was due.
 *
 * Emails have no `List-Unsubscribe` header (RFC 2369, RFC 8058), because there is no subscription to end: a reminder ends
 * with its task, and a confirmation is sent once for an address that was just entered.
 *
 * @param publicUrl the URL of the service.
 * @param now in milliseconds since the epoch.
 */
export function reminderContent(task: Task, publicUrl: string, now: number): EmailContent {
  const title = onOneLine(task.taskTitle);
  const due = formatDueDate(task.dueDate);
  const verb = toMilliseconds(task.dueDate) < now ? 'was due' : 'is due';
  const why = `You receive this email because task ${task.taskId} at ${publicUrl} is yours and is not finished.`;
  const { taskDescription } = task;
  return {
    subject: `Reminder: ${title}`,
    text: lines([title, `This task ${verb} on ${due}.`, taskDescription, why]),
    html: page([
      `<h1 style="font-size: 1.25rem"><bdi>${escapeHtml(title)}</bdi></h1>`,
      `<p>This task ${verb} on <strong>${due}</strong>.</p>`,
      taskDescription && `<p style="white-space: pre-line"><bdi>${escapeHtml(taskDescription)}</bdi></p>`,
      `<p style="color: #595959">${escapeHtml(why)}</p>`,
    ]),
  };
}

/**
 * A request to confirm an address. It names no user: the address may belong to a stranger, and a name is free text that a
 * user wrote.
 */
export function confirmationContent(link: string, publicUrl: string): EmailContent {
  const hours = LINK_LIFETIME_MS / HOUR_MS;
  const ask = `This email address was entered at ${publicUrl}. If you entered it, confirm it:`;
  const otherwise = 'If you did not enter it, ignore this email: the address stays unconfirmed.';
  const validity = `The link is valid for ${hours} hours and can be used once.`;
  return {
    subject: 'Confirm your email address',
    text: lines([ask, link, validity, otherwise]),
    html: page([
      `<p>${escapeHtml(ask)}</p>`,
      `<p><a href="${escapeHtml(link)}">Confirm this address</a></p>`,
      `<p>${validity} ${otherwise}</p>`,
      `<p style="color: #595959; overflow-wrap: anywhere">If the link does not work, copy it: ${escapeHtml(link)}</p>`,
    ]),
  };
}

/** Escapes text for an HTML element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Replaces white space, including line breaks, with single spaces: a subject is one line. */
function onOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

function lines(paragraphs: (string | undefined)[]): string {
  return `${paragraphs.filter((paragraph) => paragraph !== undefined).join('\n\n')}\n`;
}

function page(parts: (string | undefined)[]): string {
  const style = 'color: #1a1a1a; font: 1rem/1.5 sans-serif; max-width: 36rem';
  const body = parts.filter((part) => part !== undefined).join('\n');
  return `<!doctype html>\n<html lang="en">\n<body style="${style}">\n${body}\n</body>\n</html>\n`;
}
