import { readFile } from 'node:fs/promises';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { LINK_LIFETIME_MS, type LinkUse } from '../../domain/emails.ts';
import type { Store } from '../../domain/store.ts';
import { CONFIRM_PATH, readToken } from './link.ts';

/** What the page loads is its own, and it sends to this service alone. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** The largest form that is read, in bytes: a link is not as long. */
const MAX_FORM_BYTES = 4096;

const HOUR = 60 * 60 * 1000;

/** What the page says of a link that was used. */
const ANSWERS: Record<LinkUse, { status: number; title: string; text: string }> = {
  confirmed: { status: 200, title: 'Your address is confirmed', text: 'Thank you. You can close this page.' },
  used: {
    status: 200,
    title: 'Your address was confirmed already',
    text: 'There is nothing left to do. You can close this page.',
  },
  expired: {
    status: 410,
    title: 'This link has expired',
    text: `A link is good for ${LINK_LIFETIME_MS / HOUR} hours. Ask for another where you gave your address.`,
  },
  unknown: {
    status: 404,
    title: 'This link is not good',
    text:
      'Perhaps it was not copied as a whole, or the address has been changed since. Open the newest mail, or ask for ' +
      'another link where you gave your address.',
  },
};

/**
 * The page that a link in a mail leads to. Opening it confirms nothing, since programs that look for harm in mails open
 * links as well: only its form does. The page is the same for everyone. Its script takes the token from behind the `#`;
 * where no script runs, the reader copies the link into the field.
 */
export const confirmationPages: FastifyPluginAsync<{ store: Store }> = async (app, { store }) => {
  const open = { config: { public: true }, schema: { hide: true } };

  // Here alone: nothing else takes forms, which pages of other origins may send without asking.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_request, body, done) => done(null, new URLSearchParams(body)),
  );

  for (const [path, name, type] of [
    [CONFIRM_PATH, 'confirm.html', 'text/html'],
    [`${CONFIRM_PATH}/page.css`, 'page.css', 'text/css'],
    [`${CONFIRM_PATH}/page.js`, 'page.js', 'text/javascript'],
  ] as const) {
    const body = await readFile(new URL(name, import.meta.url));
    app.get(path, open, (_request, reply) => sendPage(reply.type(`${type}; charset=utf-8`), body));
  }

  for (const [use, { status, ...words }] of Object.entries(ANSWERS)) {
    const body = answerPage(words);
    app.get(`${CONFIRM_PATH}/${use}`, open, (_request, reply) =>
      sendPage(reply.code(status).type('text/html; charset=utf-8'), body),
    );
  }

  app.post(CONFIRM_PATH, open, async (request, reply) => {
    const form = request.body;
    const tokenHash = form instanceof URLSearchParams ? readToken(form.get('token') ?? '') : undefined;
    const use = tokenHash === undefined ? 'unknown' : await store.emails.confirm(tokenHash);
    // To a page at another address, which can be loaded again, and from which another link is not a place on the same page.
    // Seen from here, since a proxy may have put a path in front.
    return reply
      .code(303)
      .header('location', `${CONFIRM_PATH.slice(1)}/${use}`)
      .send();
  });
};

function sendPage(reply: FastifyReply, body: string | Buffer): FastifyReply {
  return reply.header('content-security-policy', POLICY).header('referrer-policy', 'no-referrer').send(body);
}

function answerPage({ title, text }: { title: string; text: string }): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="page.css">
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      <p>${text}</p>
    </main>
  </body>
</html>
`;
}
