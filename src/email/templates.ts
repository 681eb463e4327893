import { LINK_LIFETIME_MS } from '../domain/emails.ts';
import type { Task } from '../domain/tasks.ts';
import { toMilliseconds } from '../formats/date-time.ts';
import { formatDueDate } from './due-date.ts';

/** What a mail says. */
export interface MailContent {
  subject: string;
  text: string;
  html: string;
}

const HOUR = 60 * 60 * 1000;

/**
 * Tells the owner of a task that it is due soon, or was.
 *
 * There is no `List-Unsubscribe` (RFC 2369, RFC 8058), nor in the mail below: it would have to unsubscribe, and nobody
 * is subscribed. A reminder comes of one task and ends with it; the other mail answers what was just done.
 *
 * @param publicUrl where the service is.
 * @param now in milliseconds since the epoch.
 */
export function reminderContent(task: Task, publicUrl: string, now: number): MailContent {
  const title = onOneLine(task.taskTitle);
  const due = formatDueDate(task.dueDate);
  const verb = toMilliseconds(task.dueDate) < now ? 'was due' : 'is due';
  const why = `You get this because task ${task.taskId} at ${publicUrl} is yours and is not finished.`;
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
 * Asks whoever reads the mails of an address to confirm it. It names nobody: the address may be a stranger's, and a name
 * is any text that a user chose.
 */
export function confirmationContent(link: string, publicUrl: string): MailContent {
  const hours = LINK_LIFETIME_MS / HOUR;
  const ask = `Somebody gave this email address as theirs at ${publicUrl}. If it was you, confirm it:`;
  const else_ = 'If it was not you, do nothing: the address stays unconfirmed.';
  const until = `The link is good for ${hours} hours, and once.`;
  return {
    subject: 'Confirm your email address',
    text: lines([ask, link, until, else_]),
    html: page([
      `<p>${escapeHtml(ask)}</p>`,
      `<p><a href="${escapeHtml(link)}">Confirm this address</a></p>`,
      `<p>${until} ${else_}</p>`,
      `<p style="color: #595959; overflow-wrap: anywhere">If it cannot be clicked: ${escapeHtml(link)}</p>`,
    ]),
  };
}

/** The text inside an HTML element, or inside an attribute's quotation marks. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** White space, line breaks among it, becomes single spaces: a subject is one line. */
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
