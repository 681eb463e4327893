import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';

// The thread that a Checkpointer starts: carries the log over when told, and says when it has.
const port = parentPort as MessagePort;
const db = new DatabaseSync(workerData as string);
// What is in the file must be on disk before the log begins anew.
db.exec('PRAGMA synchronous = FULL');
const checkpoint = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');

port.on('message', (request: 'checkpoint' | 'close') => {
  if (request === 'close') {
    db.close();
    port.close();
    return;
  }
  try {
    checkpoint.get();
  } catch {
    // A full disk, for one: the log keeps everything, and the next commit asks again.
  }
  port.postMessage('done');
});
