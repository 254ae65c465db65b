import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { TocsinError } from '../../runtime/errors.ts';
import { makeFolder } from '../../runtime/system/folder.ts';

/**
 * Keeps a data folder for this process until it ends, however it ends: a socket that has a name and no file (unix(7),
 * "abstract"), which the system takes away with its process. Only Linux has those; elsewhere nothing is kept.
 * @returns what gives the folder back
 * @throws TocsinError FOLDER_IN_USE when another process has it; what the system says when the folder cannot be made
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  makeFolder(folder);
  if (process.platform !== 'linux') return async () => undefined;
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex');
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, `\0tocsin-${name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new TocsinError(
      'FOLDER_IN_USE',
      `The folder ${folder} is in use by another process: stop that one, or give this one a folder of its own with --data.`,
    );
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => resolve());
  });
}
