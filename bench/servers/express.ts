import Database from 'better-sqlite3';
import express, { type Request, type Response } from 'express';

/**
 * The service as one writes it by hand in an afternoon: Express, better-sqlite3, a few checks, one commit a request. It
 * promises what a `201` promises in the measured service, that the user is on disk: WAL with `synchronous = FULL`. It has
 * neither tokens nor limits nor a log. Run with the port to listen on and the database's file.
 */
const [port, file] = process.argv.slice(2);

const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`
  CREATE TABLE users (
    user_id       INTEGER PRIMARY KEY AUTOINCREMENT,
    first_name    TEXT    NOT NULL,
    last_name     TEXT    NOT NULL,
    contact_email TEXT    NOT NULL UNIQUE,
    created_at    INTEGER NOT NULL
  )
`);
const insertUser = db.prepare(
  'INSERT INTO users (first_name, last_name, contact_email, created_at) VALUES (?, ?, ?, ?)',
);

const app = express();
app.use(express.json());

app.post('/users', (request: Request, response: Response) => {
  const { firstName, lastName, contactEmail } = request.body ?? {};
  if (!isName(firstName) || !isName(lastName) || !isEmail(contactEmail)) {
    response.status(400).json({ error: 'firstName, lastName and contactEmail are required' });
    return;
  }
  try {
    const { lastInsertRowid } = insertUser.run(firstName, lastName, contactEmail, Date.now());
    response.status(201).json({ userId: lastInsertRowid, firstName, lastName, contactEmail });
  } catch (error) {
    if ((error as { code?: string }).code !== 'SQLITE_CONSTRAINT_UNIQUE') throw error;
    response.status(400).json({ error: 'contactEmail is already in use' });
  }
});

app.listen(Number(port), '127.0.0.1');

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 1 && value.length <= 100;
}

function isEmail(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 255 && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value);
}
