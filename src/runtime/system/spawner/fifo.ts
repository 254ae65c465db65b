import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { OutputBuffer } from './output.ts';

const BLOCK_BYTES = 64 * 1024;
/** Blocks read at a stretch: a full pipe and a little more; whoever goes on writing is followed by events. */
const BLOCKS_AT_ONCE = 4;
const block = Buffer.allocUnsafe(BLOCK_BYTES);

/**
 * Reads one command's output from a FIFO: at once what is there, or event by event until its end.
 * The FIFO is opened afresh for each command: on Linux an end opened so reports no hang-up before a first writer
 * has come (pipe(7), poll(2)), so following may begin before the shell has opened its side.
 */
export class FifoReader {
  readonly #path: string;
  readonly #output: OutputBuffer;
  #fd: number | undefined;
  #socket: Socket | undefined;
  #ended = false;

  /** @throws the system's error when there is no such FIFO */
  constructor(path: string, output: OutputBuffer) {
    this.#path = path;
    this.#output = output;
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Reads what is there. True when all writers have gone; call it only after the shell has opened its side. */
  drain(): boolean {
    if (this.#ended) return true;
    if (this.#fd === undefined || this.#socket) return false;
    for (let blocks = 0; blocks < BLOCKS_AT_ONCE; blocks++) {
      const bytes = readNow(this.#fd);
      if (bytes === undefined) return false;
      if (bytes === 0) {
        this.close();
        this.#ended = true;
        return true;
      }
      this.#output.add(block.subarray(0, bytes));
    }
    return false;
  }

  /** Reads on, event by event; `ended` is called once when all writers have gone. */
  follow(ended: () => void): void {
    if (this.#fd === undefined || this.#socket) return;
    const socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket = socket;
    this.#fd = undefined;
    const end = (): void => {
      if (this.#ended || this.#socket !== socket) return;
      this.#ended = true;
      ended();
    };
    socket.on('data', (bytes: Buffer) => this.#output.add(bytes));
    socket.on('end', end).on('error', end).on('close', end);
  }

  /** Says that no writer will come any more: whoever follows a FIFO that had none is told its end. */
  noWriterComes(): void {
    try {
      closeSync(openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // nobody reads it any more
    }
  }

  /** Lets go of the FIFO. `ended` is not called any more. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}

/** Bytes read into `block`: 0 when there is no writer, undefined when there is one that has written nothing. */
function readNow(fd: number): number | undefined {
  try {
    return readSync(fd, block, 0, BLOCK_BYTES, null);
  } catch {
    return undefined;
  }
}
