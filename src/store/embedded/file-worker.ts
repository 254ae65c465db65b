/**
 * The thread that looks after a file at rest, does one thing with it and ends: with it goes everything that SQLite
 * holds, statements that would keep the file open included. It remembers nothing.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { demandSound, formatOf, storeError, unreadable } from './format.ts';
import { judgeLength } from './length.ts';
import type { FileTask, FromFileWorker } from './protocol.ts';
import { loadSqlite, type SqlDatabase } from './sqlite.ts';

const task = workerData as FileTask;
let answer: FromFileWorker;
try {
  judgeLength(task.path);
  const database = (await loadSqlite())(task.path);
  try {
    answer = { format: await carryOut(database) };
  } finally {
    database.close();
  }
} catch (error) {
  answer = told(error);
}
parentPort?.postMessage(answer);

function told(error: unknown): FromFileWorker {
  const called = task.do === 'inspect' ? task.called : undefined;
  const reason = called === undefined ? undefined : unreadable(error);
  if (reason !== undefined)
    return { code: 'STORE_FORMAT', message: `${called} cannot be used as a backup: ${reason}.` };
  const { code, message } = storeError(task.path, error);
  return { code, message };
}

async function carryOut(database: SqlDatabase): Promise<number> {
  const format = formatOf(database);
  if (task.do === 'copy') await database.copyTo(task.target);
  else if (task.do === 'settle') database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  else demandSound(database);
  return format;
}
