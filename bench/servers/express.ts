import Database from 'better-sqlite3';
import express, { type Request, type Response } from 'express';

/**
 * The service as one writes it by hand in an afternoon: Express, better-sqlite3, a few checks, one commit a request. A `201`
 * promises what it promises in the measured service, that the user is on disk: WAL with `synchronous = FULL`. It has
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
const COLUMNS = 'user_id AS userId, first_name AS firstName, last_name AS lastName, contact_email AS contactEmail';
const selectUser = db.prepare(`SELECT ${COLUMNS} FROM users WHERE user_id = ?`);
const selectByEmail = db.prepare(`SELECT ${COLUMNS} FROM users WHERE contact_email = ?`);

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

app.get('/users/:userId', (request: Request, response: Response) => {
  const user = selectUser.get(Number(request.params.userId));
  if (user === undefined) response.status(404).json({ error: 'no such user' });
  else response.json(user);
});

app.get('/users', (request: Request, response: Response) => {
  response.json(selectByEmail.all(String(request.query.contactEmail)));
});

app.listen(Number(port), '127.0.0.1');

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length >= 1 && value.length <= 100;
}

function isEmail(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 255 && /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value);
}
