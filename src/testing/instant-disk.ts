import { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';

/**
 * Stands for the thread that writes the embedded store's file, for simulations in virtual time: what it is
 * given counts as written in the same turn, and is gone when the process ends. What it was given can be
 * handed to the next one, as if a file were opened again.
 */
export function instantDisk(kept: {
  journal: { writes: readonly string[]; appends: readonly string[] }[];
  position: number;
}) {
  return (): Worker => {
    const worker = new EventEmitter();
    const tell = (message: unknown): void => void worker.emit('message', message);
    let pieces = [...kept.journal];
    const take = (message: {
      type: string;
      id: number;
      work?: { position: number; writes: string[]; appends: string[] };
    }): void => {
      if (message.type === 'more') {
        const [next, ...rest] = pieces;
        pieces = rest;
        const array = (lines: readonly string[]): string[] =>
          lines.length > 0 ? [`[${lines.join(',\n')}]`] : [];
        tell(
          next
            ? { type: 'content', piece: { documents: array(next.writes), appends: array(next.appends) } }
            : { type: 'loaded' },
        );
      } else if (message.type === 'work' && message.work) {
        const { position, writes, appends } = message.work;
        kept.journal.push({ writes, appends });
        kept.position = position;
        tell({ type: 'done', id: message.id, moved: 0 });
      } else if (message.type === 'query') {
        tell({ type: 'entries', id: message.id, rows: [] });
      } else if (message.type === 'close') {
        tell({ type: 'closed' });
        worker.emit('exit', 0);
      }
    };
    setImmediate(() => tell({ type: 'opened', run: 1, start: kept.position, moved: 0 }));
    // The answers come a little later, as from a real thread, but before any timer.
    return Object.assign(worker, {
      postMessage: (message: Parameters<typeof take>[0]) => queueMicrotask(() => take(message)),
      terminate: async () => 0,
    }) as unknown as Worker;
  };
}
