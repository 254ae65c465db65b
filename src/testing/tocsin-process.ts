import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFiles } from './config-files.ts';
import { commandLine } from './tocsin-build.ts';

/** Longest real time that anything is waited for; machines that run tests are busy. */
const PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 20;
/** What was killed, and what the watchers of its commands end, is gone sooner than this. */
const LEAVE_MS = 15_000;
/** Every process that a workplace starts, and all that come of it, carry this variable. */
const MARK = 'TOCSIN_TEST_MARK';
/** Root may write anywhere, except without these powers (capabilities(7)). */
const WITHOUT_POWERS = [
  'setpriv',
  '--bounding-set=-dac_override,-dac_read_search',
  '--inh-caps=-dac_override',
];
const LISTENS = /^Tocsin listens on (https?:\S+); data in (.+)$/m;

/** How a process ended, and everything that it wrote. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** An answer over HTTP. */
export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

type Given<T> = Exclude<T, undefined | null | false | '' | 0>;

/** Asks again and again until the condition gives something; throws with `what` when it never does. */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  what: string,
  patienceMs = PATIENCE_MS,
): Promise<Given<T>> {
  const endMs = Date.now() + patienceMs;
  for (;;) {
    const given = await condition();
    if (given) return given as Given<T>;
    if (Date.now() > endMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** Sends one request, on a connection of its own unless an agent is given. */
export function send(
  url: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer | undefined;
    agent?: Agent;
  } = {},
): Promise<HttpAnswer> {
  const { method = 'GET', body, agent = false } = options;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...length, ...options.headers }, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A port on loopback that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A process of Tocsin that goes on until it is told to end. */
export class TocsinProcess {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  readonly ended: Promise<Ended>;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) =>
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }),
      );
    });
    // Whoever waits for the end is told; nobody else has to.
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** From here on nobody reads what it writes to standard output: writing fails (EPIPE). */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** SIGTERM; throws unless it then ends by itself, with exit code 0. */
  async stop(): Promise<Ended> {
    const ended = await this.kill('SIGTERM');
    if (ended.code === 0) return ended;
    throw new Error(`a stop ended with ${ended.code ?? ended.signal}:\n${ended.stdout}\n${ended.stderr}`);
  }
}

/** `tocsin up`, ready to be asked. */
export class UpProcess extends TocsinProcess {
  /** Of the API: `http://127.0.0.1:40123` */
  get url(): string {
    return this.#announced()[1] ?? '';
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Its data folder. */
  get data(): string {
    return this.#announced()[2] ?? '';
  }

  /** Resolves when the API answers; throws what the process wrote when it ends before. */
  async listening(): Promise<this> {
    await this.waitFor(() => LISTENS.test(this.stdout), 'tocsin up listens');
    return this;
  }

  /** As `waitFor`, but gives up at once when this process ends. */
  waitFor<T>(condition: () => T | Promise<T>, what: string, patienceMs = PATIENCE_MS): Promise<Given<T>> {
    return waitFor(
      () => {
        if (this.running) return condition();
        throw new Error(`tocsin up ended before ${what}:\n${this.stdout}\n${this.stderr}`);
      },
      what,
      patienceMs,
    );
  }

  readonly api = {
    /** The JSON at a path; undefined when there is no such thing. */
    get: async <T>(path: string): Promise<T | undefined> => {
      const { status, body } = await send(this.url + path);
      if (status === 404) return undefined;
      if (status !== 200) throw new Error(`GET ${path} answered ${status} ${body}`);
      return JSON.parse(body) as T;
    },
    /** Posts a document. Resolves with the status of the answer. */
    post: async (path: string, document: object): Promise<number> => {
      const { status } = await send(this.url + path, { method: 'POST', body: JSON.stringify(document) });
      return status;
    },
  };

  #announced(): RegExpExecArray {
    const found = LISTENS.exec(this.stdout);
    if (!found) throw new Error('tocsin up does not listen yet');
    return found;
  }
}

/** What a process is kept from. */
export interface Limits {
  /** No file that it writes may grow larger than this many times 512 bytes: writing fails then, as on a full disk. */
  fileBlocks?: number;
  /** The permissions of files and folders count for it, even when root runs the test. */
  ordinary?: boolean;
}

export interface UpOptions extends Limits {
  /** Folder with the configuration: `conf` unless told otherwise. */
  config?: string;
  /** Where state is kept: `data` unless told otherwise. */
  data?: string;
  /** Variables that it sees beside the usual few. */
  environment?: Readonly<Record<string, string>>;
  /** `server`: without an agent of its own. `up` unless told otherwise. */
  command?: 'up' | 'server';
  /** The port; any that is free unless told otherwise. */
  port?: number;
  /** Further flags. */
  flags?: readonly string[];
}

/** A process that is alive. */
export interface LivingProcess {
  pid: number;
  /** Its command line, words separated by spaces. */
  command: string;
}

/**
 * A folder in which a test runs real processes of Tocsin. They see a small environment, stand in this folder, and
 * are found again with all that came of them, whatever group or session that is in (where there is a `/proc`).
 */
export class Workplace {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'tocsin-end-to-end-')));
  readonly #mark = randomUUID();
  readonly #started: TocsinProcess[] = [];
  readonly #builtBy: Workplace | undefined;
  #commandLine: string | undefined;

  /** @param builtBy shares what it built; it is closed after this one */
  constructor(builtBy?: Workplace) {
    this.#builtBy = builtBy;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Writes files: name → text, bytes, or a document. */
  write(files: Record<string, unknown>): Promise<void> {
    return writeFiles(this.folder, files);
  }

  /** Starts `tocsin up`. Resolves when it listens. */
  up(options: UpOptions = {}): Promise<UpProcess> {
    const { config = 'conf', data = 'data', command = 'up', port = 0, flags = [] } = options;
    const places = ['-d', this.path(config), '--data', this.path(data)];
    const args = [command, ...places, '--port', String(port), ...flags];
    const up = new UpProcess(this.#spawn(args, options));
    this.#started.push(up);
    return up.listening();
  }

  /** Starts a command of Tocsin that goes on. */
  start(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    limits: Limits = {},
  ): TocsinProcess {
    const started = new TocsinProcess(this.#spawn(args, { ...limits, environment }));
    this.#started.push(started);
    return started;
  }

  /** Runs a command of Tocsin to its end. */
  run(...args: string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** As `run`, with variables beside the usual few, and with what comes on standard input. */
  runGiven(
    given: { environment?: Readonly<Record<string, string>>; input?: string },
    ...args: string[]
  ): Promise<Ended> {
    const started = new TocsinProcess(this.#spawn(args, given));
    this.#started.push(started);
    return started.ended;
  }

  /** What runs now of all that was started here; processes that have ended are not among them. */
  living(): LivingProcess[] {
    const mark = `${MARK}=${this.#mark}`;
    return numbersIn('/proc').flatMap((pid) => {
      const environment = readProcess(pid, 'environ');
      if (!environment.split('\0').includes(mark)) return [];
      return [{ pid: Number(pid), command: readProcess(pid, 'cmdline').replaceAll('\0', ' ').trim() }];
    });
  }

  /** Kills what still runs, removes the folder, and throws when a process outlived the one that started it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#started.map((started) => started.running && started.kill('SIGKILL')));
    const isEmpty = (): boolean => this.living().length === 0;
    const gone = await waitFor(isEmpty, 'all is gone', LEAVE_MS).catch(() => false);
    const left = gone ? [] : this.living();
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
    if (!gone) throw new Error(`left behind: ${left.map(({ command }) => command).join('; ')}`);
  }

  #program(): string {
    this.#commandLine ??= this.#builtBy ? this.#builtBy.#program() : commandLine(this.path('tocsin'));
    return this.#commandLine;
  }

  #spawn(args: readonly string[], options: UpOptions & { input?: string } = {}): ChildProcess {
    const { fileBlocks, ordinary, environment, input } = options;
    const powerless = ordinary === true && process.getuid?.() === 0 ? WITHOUT_POWERS : [];
    const line = [...powerless, process.execPath, this.#program(), ...args];
    const limited = ['sh', '-c', `trap '' XFSZ; ulimit -f ${fileBlocks}; exec "$0" "$@"`, ...line];
    const [program = '', ...rest] = fileBlocks === undefined ? line : limited;
    const { PATH, HOME } = process.env;
    const child = spawn(program, rest, {
      cwd: this.folder,
      env: { PATH, HOME, LANG: 'C.UTF-8', ...environment, [MARK]: this.#mark },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    // A command that ends before it has read everything is what its exit code says.
    child.stdin?.on('error', () => undefined).end(input);
    return child;
  }
}

function numbersIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** What the system tells of a process; empty when it has gone. */
function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
