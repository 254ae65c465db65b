/**
 * The thread that writes: takes work from the store's thread and does everything that has arrived in one
 * transaction. It remembers nothing that is not in the file. It never decides what is written.
 */
import { rmSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import { StoreFile } from './file.ts';
import { storeError } from './format.ts';
import type { FromWorker, Piece, ToWorker, WorkerOptions } from './protocol.ts';
import { loadSqlite } from './sqlite.ts';

/** Most messages in one transaction, so that the first of them is not kept waiting for ever. */
const MOST_AT_ONCE = 64;

const options = workerData as WorkerOptions;
const port = parentPort;
if (port === null) throw new TocsinError('BUG', 'The store worker was started outside a worker thread.');
const post = (message: FromWorker): void => port.postMessage(message);

try {
  const file = new StoreFile(await loadSqlite(), options);
  serve(file);
  post({ type: 'opened', run: file.run, start: file.start, moved: file.moved });
} catch (error) {
  fail(error);
}

function fail(thrown: unknown): void {
  const { code, message } = storeError(options.path, thrown);
  post({ type: 'failed', code, message });
  port?.close();
}

function serve(file: StoreFile): void {
  const content = file.content();
  const copying = new Set<Promise<void>>();
  port?.on('message', (first: ToWorker) => {
    try {
      const messages = [first, ...waiting()];
      takeTogether(file, content, messages);
      // Copies begin behind the commit, so that everything that was asked for before them is inside.
      for (const message of messages) {
        if (message.type === 'backup') copying.add(backUp(file, message));
      }
      const last = messages.at(-1);
      if (last?.type === 'close') void Promise.all(copying).then(() => close(file, last.tidy));
    } catch (error) {
      fail(error);
      file.abandon();
    }
  });
}

/** Does what was asked for, in order and in one transaction. */
function takeTogether(file: StoreFile, content: Generator<Piece>, messages: readonly ToWorker[]): void {
  const works = messages.filter((message) => message.type === 'work');
  const last = works.at(-1);
  if (last) file.begin();
  for (const message of messages) take(file, content, message);
  if (!last) return;
  file.commit();
  post({ type: 'done', id: last.id, moved: file.moved });
}

/** What has arrived since; `close` is always the last message. */
function* waiting(): Generator<ToWorker> {
  for (let count = 1; port && count < MOST_AT_ONCE; count++) {
    const next = receiveMessageOnPort(port);
    if (next === undefined) return;
    yield next.message as ToWorker;
  }
}

function take(file: StoreFile, content: Generator<Piece>, message: ToWorker): void {
  if (message.type === 'work') file.write(message.work);
  else if (message.type === 'query') {
    post({ type: 'entries', id: message.id, rows: file.readLog(message.query) });
  } else if (message.type === 'more') {
    const piece = content.next();
    post(piece.done ? { type: 'loaded' } : { type: 'content', piece: piece.value });
  }
}

/** Never rejects: a copy that cannot be made is no failure of the store. */
async function backUp(file: StoreFile, { id, path }: Extract<ToWorker, { type: 'backup' }>): Promise<void> {
  try {
    await file.copyTo(path);
    post({ type: 'copied', id });
  } catch (error) {
    rmSync(path, { force: true });
    post({ type: 'copied', id, problem: errorText(error) });
  }
}

function close(file: StoreFile, tidy: boolean): void {
  if (tidy) file.close();
  else file.abandon();
  post({ type: 'closed' });
  port?.close();
}
