import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorText } from '../../runtime/errors.ts';
import { refusal } from '../answer.ts';
import type { V1Answer, V1Parts, V1Route } from './route.ts';
import { ErrorSchema } from './shapes.ts';

/** The type of a SQLite file. (IANA media types, "application/vnd.sqlite3".) */
const TYPE = 'application/vnd.sqlite3';

/** A copy of everything that is stored, as it is at this moment, while the server goes on. One at a time. */
export function backup(): V1Route {
  let busy = false;
  return {
    method: 'GET',
    path: '/backup',
    summary: 'Everything that is stored, as one file',
    role: 'admin',
    schema: {},
    responses: {
      200: { description: 'A SQLite file: what "tocsin restore" takes.', type: TYPE },
      404: { description: 'The store has no file of its own.', schema: ErrorSchema },
      503: { description: 'A copy is being made already, or cannot be made.', schema: ErrorSchema },
    },
    handle: async (_request, parts) => {
      if (busy) return refusal(503, 'A backup is being made already; try again when it has ended.');
      busy = true;
      const path = join(parts.backupFolder ?? '', `backup-${parts.random.uuid()}.sqlite`);
      const done = async (): Promise<void> => {
        await rm(path, { force: true });
        busy = false;
      };
      try {
        const answer = await copied(path, parts, done);
        if ('status' in answer) await done();
        return answer;
      } catch (error) {
        await done();
        throw error;
      }
    },
  };
}

async function copied(path: string, parts: V1Parts, done: () => Promise<void>): Promise<V1Answer> {
  const { registry, backupFolder, log } = parts;
  if (!registry.store.backup || backupFolder === undefined)
    return refusal(404, 'The store has no file of its own: back up what it runs on.');
  await registry.store.backup(path);
  const { size } = await stat(path);
  const send = async (response: ServerResponse): Promise<void> => {
    try {
      await pipeline(createReadStream(path), response);
    } catch (error) {
      // The reader sees that it got less than it was promised.
      log.warn('a backup was not read to its end', { error: errorText(error) });
    } finally {
      await done();
    }
  };
  return {
    headers: { 'Content-type': TYPE, 'Content-length': String(size), 'Cache-Control': 'no-store' },
    stream: (response) => void send(response),
  };
}
