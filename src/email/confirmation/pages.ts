import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { LINK_LIFETIME_MS, type LinkUse } from '../../domain/emails.ts';
import type { Store } from '../../domain/store.ts';
import { readProgramFile } from '../../program-files.ts';
import { CONFIRM_PATH, parseToken } from './link.ts';

/** The page loads files of this service only, and submits its form to this service only. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** Larger than any link. */
const MAX_FORM_BYTES = 4096;

const HOUR_MS = 60 * 60 * 1000;

/** The result page for each result of opening a link. */
const RESULTS: Record<LinkUse, { status: number; title: string; text: string }> = {
  confirmed: { status: 200, title: 'Your address is confirmed', text: 'Thank you. You can close this page.' },
  used: {
    status: 200,
    title: 'Your address is already confirmed',
    text: 'There is nothing more to do. You can close this page.',
  },
  expired: {
    status: 410,
    title: 'This link has expired',
    text: `Links are valid for ${LINK_LIFETIME_MS / HOUR_MS} hours. Request a new one where you entered your address.`,
  },
  unknown: {
    status: 404,
    title: 'This link is not valid',
    text:
      'It may be incomplete, or your address may have changed since. Open the latest email, or request a new link where you ' +
      'entered your address.',
  },
};

/**
 * The page that the link in a confirmation email opens. Opening it confirms nothing, because email scanners open links too:
 * the address is confirmed when its form is submitted. The page is the same for all links. Its script fills in the token
 * from the fragment; without scripts, the user pastes the link.
 */
export const confirmationPages: FastifyPluginAsync<{ store: Store }> = async (app, { store }) => {
  const open = { config: { public: true }, schema: { hide: true } };

  // Forms are accepted on this route only, because other origins can submit them without a preflight request.
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
    const body = readProgramFile(new URL(name, import.meta.url));
    app.get(path, open, (_request, reply) => sendPage(reply.type(`${type}; charset=utf-8`), body));
  }

  for (const [use, { status, ...content }] of Object.entries(RESULTS)) {
    const body = resultPage(content);
    app.get(`${CONFIRM_PATH}/${use}`, open, (_request, reply) =>
      sendPage(reply.code(status).type('text/html; charset=utf-8'), body),
    );
  }

  app.post(CONFIRM_PATH, open, async (request, reply) => {
    const form = request.body;
    const tokenHash = form instanceof URLSearchParams ? parseToken(form.get('token') ?? '') : undefined;
    const use = tokenHash === undefined ? 'unknown' : await store.emails.confirm(tokenHash);
    // A redirect, so that the result can be reloaded, and so that opening another link loads the form again.
    // Relative, because a proxy may add a path prefix.
    return reply
      .code(303)
      .header('location', `${CONFIRM_PATH.slice(1)}/${use}`)
      .send();
  });
};

function sendPage(reply: FastifyReply, body: string | Buffer): FastifyReply {
  return reply.header('content-security-policy', POLICY).header('referrer-policy', 'no-referrer').send(body);
}

function resultPage({ title, text }: { title: string; text: string }): string {
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
