/**
 * The thread that writes: takes work from the store's thread and does everything that has arrived in one
 * transaction. It remembers nothing that is not in the file. It never decides what is written.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { TocsinError } from '../../runtime/errors.ts';
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
  port?.on('message', (first: ToWorker) => {
    try {
      const messages = [first, ...waiting()];
      const work = messages.some((message) => message.type === 'work');
      if (work) file.begin();
      let done = 0;
      for (const message of messages) {
        if (message.type === 'work') done = message.id;
        if (message.type !== 'close') take(file, content, message);
      }
      if (work) {
        file.commit();
        post({ type: 'done', id: done, moved: file.moved });
      }
      const last = messages.at(-1);
      if (last?.type === 'close') close(file, last.tidy);
    } catch (error) {
      fail(error);
      file.abandon();
    }
  });
}

/** What has arrived since; `close` is always the last message. */
function* waiting(): Generator<ToWorker> {
  for (let count = 1; port && count < MOST_AT_ONCE; count++) {
    const next = receiveMessageOnPort(port);
    if (next === undefined) return;
    yield next.message as ToWorker;
  }
}

function take(
  file: StoreFile,
  content: Generator<Piece>,
  message: Exclude<ToWorker, { type: 'close' }>,
): void {
  if (message.type === 'work') file.write(message.work);
  else if (message.type === 'query') {
    post({ type: 'entries', id: message.id, rows: file.readLog(message.query) });
  } else {
    const piece = content.next();
    post(piece.done ? { type: 'loaded' } : { type: 'content', piece: piece.value });
  }
}

function close(file: StoreFile, tidy: boolean): void {
  if (tidy) file.close();
  else file.abandon();
  post({ type: 'closed' });
  port?.close();
}
