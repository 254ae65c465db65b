import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where private folders are made: in memory if there is such a place. */
export const FOLDER_PLACES: readonly string[] = ['/dev/shm', tmpdir()];

/** A folder that only our user can enter (mode 0700), for FIFOs and the inputs of commands. */
export class PrivateFolder {
  readonly path: string;
  #files = 0;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes one in the first place that takes it, and removes there what dead processes left. Undefined: none does. */
  static make(places: readonly string[]): PrivateFolder | undefined {
    const space = processSpace();
    for (const place of places) {
      try {
        sweep(place, space);
        return new PrivateFolder(mkdtempSync(join(place, `tocsin-${space}-${process.pid}-`)));
      } catch {
        // not a place to write in; the next may be
      }
    }
    return undefined;
  }

  /** A path in it that has not been used. */
  free(kind: string): string {
    this.#files++;
    return join(this.path, `${kind}-${this.#files}`);
  }

  /** Writes a file that only our user can read and gives its path. @throws the system's error */
  keep(text: string): string {
    const path = this.free('in');
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
    return path;
  }

  drop(path: string): void {
    try {
      unlinkSync(path);
    } catch {
      // gone already
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Tells process numbers of one container from those of another that shares the place. */
function processSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

function sweep(place: string, space: string): void {
  for (const name of readdirSync(place)) {
    const [, owner, pid] = /^tocsin-(\d+)-(\d+)-\w+$/.exec(name) ?? [];
    if (owner !== space || pid === undefined || lives(Number(pid))) continue;
    const path = join(place, name);
    try {
      const entry = lstatSync(path);
      if (entry.isDirectory() && entry.uid === process.getuid?.())
        rmSync(path, { recursive: true, force: true });
    } catch {
      // somebody else removed it
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
