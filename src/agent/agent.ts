import type { Settings } from '../config/settings.ts';
import type { ExecutedCheck } from '../model/check.ts';
import type { CheckPlugin } from '../plugin.ts';
import { type Clock, sleep, unixSeconds } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import { TocsinError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Spawner } from '../runtime/spawner.ts';
import { Timetable } from '../runtime/timetable.ts';
import type { Subscriber, Transport } from '../transport/index.ts';
import { type CallInReport, CallIns } from './call-ins.ts';
import { deregistrationOf } from './deregistration.ts';
import { type ExecuteParts, execute, executeWithHook } from './execute.ts';
import { InProcess } from './in-process.ts';
import { Keepalives } from './keepalives.ts';
import { type RequestRules, Requests } from './requests.ts';
import { Results } from './results.ts';
import type { RunnableCheck } from './runnable.ts';
import { Runs } from './runs.ts';
import { loginOf, type Places, placesOf, Reports, Sockets } from './sockets/index.ts';
import type { Spool } from './spool/index.ts';
import { SubdueBook, standaloneEntries } from './standalone.ts';
import { Subscriptions } from './subscriptions.ts';

/** Longest that a stop waits for what runs to end. */
export const END_LIMIT_MS = 5_000;
/** Longest that a stop waits, after that, for results to be acknowledged. */
export const DELIVERY_LIMIT_MS = 2_000;

export interface AgentParts {
  settings: Settings;
  /** Stays the caller's: the agent does not close it. */
  transport: Transport;
  /** Belongs to the agent from here on: it is closed when the agent stops. */
  spawner: Spawner;
  /** Checks that run in process, by name. */
  checks: ReadonlyMap<string, CheckPlugin>;
  clock: Clock;
  random: Random;
  log: Log;
  counters: Counters;
  /** Of this program; keepalives tell it. */
  version: string;
  /** False: opens no sockets, whatever the client says. For many agents in one process, as in a simulation. */
  listen?: boolean | undefined;
  /**
   * Keeps what could not be delivered. It belongs to the agent from here on: it is closed when the agent stops.
   * Missing: it is kept in memory.
   */
  spool?: Spool | undefined;
}

export interface Agent {
  /**
   * Opens the sockets, sends the first keepalive, subscribes and begins the schedule. When it cannot subscribe it stops
   * again and rejects as the transport did; rejects with kind `closed` after a stop. A socket that cannot be opened is
   * a warning in the log.
   */
  start(): Promise<void>;
  /**
   * Goes by other settings and checks in process from now on; what runs goes on as it began. Subscribes to what is new
   * before it leaves what is old, moves the sockets whose place changed (and tries again those that could not be
   * opened), and sends a keepalive at once when the client changed. Rejects as the transport does when it cannot
   * subscribe, and then all is as it was; with kind `closed` after a stop.
   */
  reload(settings: Settings, checks: ReadonlyMap<string, CheckPlugin>): Promise<void>;
  /**
   * Ends everything within some seconds, whatever hangs; no timer or socket of the agent is left. A client with
   * `deregister` takes its leave then. May be called twice. What was not acknowledged
   * by then waits in the spool; without one on disk it is lost, and counted.
   */
  stop(): Promise<void>;
  /** Where the sockets listen; a port that was 0 in the settings is here the one that the system chose. */
  sockets(): Places;
  /** Notes that a thing called in; throws with kind `input` when name or status cannot be. */
  callIn(name: string, report?: CallInReport): void;
  /** Sends what was found out here, like the state of the configuration, as every other result of this client. */
  report(check: ExecutedCheck): void;
  /**
   * Runs a check here and now, whatever else runs, and reports it to nobody. Rejects with kind `not_found` when it
   * has neither a command nor a check in process, and `closed` when the agent stops meanwhile.
   */
  runCheck(check: RunnableCheck): Promise<ExecutedCheck>;
}

/** An agent that is ready to start. */
export function createAgent(parts: AgentParts): Agent {
  return new ClientAgent(parts);
}

class ClientAgent implements Agent {
  readonly #parts: AgentParts;
  readonly #callIns: CallIns;
  readonly #inProcess: InProcess;
  readonly #results: Results;
  readonly #runs: Runs;
  readonly #requests: Requests;
  readonly #subscriptions: Subscriptions;
  readonly #keepalives: Keepalives;
  readonly #timetable: Timetable;
  readonly #sockets: Sockets;
  #settings: Settings;
  #execute: ExecuteParts;
  #subdued = new SubdueBook([]);
  /** True from when it was subscribed. */
  #started = false;
  /** One change after the other. */
  #turn: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(parts: AgentParts) {
    const { settings, clock } = parts;
    const { client } = settings;
    this.#parts = parts;
    this.#settings = settings;
    this.#callIns = new CallIns(clock);
    this.#inProcess = new InProcess({ ...parts, callIns: this.#callIns });
    this.#execute = this.#executeParts(settings, parts.checks);
    this.#results = new Results({ ...parts, client });
    const results = this.#results;
    this.#runs = new Runs({ ...parts, results, execute: (check) => executeWithHook(check, this.#execute) });
    this.#requests = new Requests({ ...parts, results, runs: this.#runs }, rulesOf(settings));
    this.#subscriptions = new Subscriptions(parts, (request) => this.#requests.take(request));
    this.#keepalives = new Keepalives({ ...parts, client });
    this.#timetable = new Timetable({ clock, run: (name) => this.#runStandalone(name) });
    this.#sockets = new Sockets({
      ...parts,
      reports: new Reports({ ...parts, offer: (check) => results.offer(check) }),
      login: () => loginOf(this.#settings.client),
      document: () => this.#settings.document,
    });
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#placeSockets();
      if (this.#stopped !== undefined) return;
      this.#keepalives.start();
      try {
        await this.#subscriptions.subscribe(subscriberOf(this.#settings));
      } catch (error) {
        await this.stop();
        throw error;
      }
      // A stop may have come while we were subscribing.
      if (this.#stopped !== undefined) return;
      this.#started = true;
      this.#results.start();
      this.#schedule();
      this.#timetable.start();
    });
  }

  reload(settings: Settings, checks: ReadonlyMap<string, CheckPlugin>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#started) await this.#subscriptions.subscribe(subscriberOf(settings));
      if (this.#stopped !== undefined) return;
      const { client } = settings;
      this.#settings = settings;
      this.#execute = this.#executeParts(settings, checks);
      this.#results.reload(client);
      this.#requests.reload(rulesOf(settings));
      this.#keepalives.reload(client);
      this.#schedule();
      if (this.#started) await this.#placeSockets();
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  sockets(): Places {
    return this.#sockets.addresses;
  }

  callIn(name: string, report: CallInReport = {}): void {
    this.#callIns.note(name, report);
  }

  report(check: ExecutedCheck): void {
    this.#results.send(check);
  }

  async runCheck(check: RunnableCheck): Promise<ExecutedCheck> {
    const executed = await execute(check, this.#execute);
    if ('check' in executed) return executed.check;
    if (executed.ended === 'stopped') {
      throw new TocsinError('CLOSED', `the agent stopped while the check ${check.name} was running`);
    }
    const wanted = check.extension ?? check.name;
    throw new TocsinError(
      'NOT_FOUND',
      `the check ${check.name} has no command, and there is no check in process named ${wanted}`,
    );
  }

  /** Does `change` when the changes before it are done; rejects with kind `closed` after a stop. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(() => {
      if (this.#stopped !== undefined)
        throw new TocsinError('CLOSED', 'this agent was stopped; make a new one');
      return change();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #executeParts(settings: Settings, checks: ReadonlyMap<string, CheckPlugin>): ExecuteParts {
    const { client, spawn } = settings;
    const { defaultTimeoutMs, outputLimitBytes } = spawn;
    return {
      ...this.#parts,
      inProcess: this.#inProcess,
      client,
      checks,
      defaultTimeoutMs,
      outputLimitBytes,
    };
  }

  #schedule(): void {
    const { client, checks } = this.#settings;
    this.#subdued = new SubdueBook(checks.values());
    this.#timetable.set(standaloneEntries(client.name, checks.values()));
  }

  #runStandalone(name: string): void {
    const { clock, log } = this.#parts;
    const check = this.#settings.checks.get(name);
    if (!check) return;
    if (this.#subdued.isSubdued(name, clock.now()))
      log.info('a check is subdued and was not run', { check: name });
    else void this.#runs.run({ ...check, issued: unixSeconds(clock) });
  }

  async #placeSockets(): Promise<void> {
    if (this.#parts.listen !== false) await this.#sockets.place(placesOf(this.#settings.client));
  }

  async #end(): Promise<void> {
    this.#keepalives.stop();
    this.#timetable.stop();
    const left = this.#subscriptions.stop();
    this.#inProcess.stop();
    const ends = [left, this.#sockets.close(), this.#parts.spawner.close()];
    await this.#within(END_LIMIT_MS, 'checks', Promise.all(ends));
    this.#deregister();
    await this.#within(DELIVERY_LIMIT_MS, 'the delivery of results', this.#results.stop());
    await this.#within(DELIVERY_LIMIT_MS, 'the spool', this.#results.close());
  }

  /** The last word of a client that was there; nothing comes behind it that would bring the client back. */
  #deregister(): void {
    const { clock } = this.#parts;
    const check = this.#started ? deregistrationOf(this.#settings.client, unixSeconds(clock)) : undefined;
    if (check) this.#results.send(check);
  }

  /** Waits for `ending` no longer than `limitMs`; says so when that was not enough. */
  async #within(limitMs: number, what: string, ending: Promise<unknown>): Promise<void> {
    const { clock, log } = this.#parts;
    const over = new AbortController();
    let ended = false;
    const ends = ending.then(
      () => {
        ended = true;
      },
      (error: unknown) => log.error(`the end of ${what} failed`, { error: String(error) }),
    );
    await Promise.race([ends, sleep(clock, limitMs, over.signal)]);
    over.abort();
    if (!ended)
      log.warn('the agent stops without waiting any longer', { waited_for: what, limit_ms: limitMs });
  }
}

function subscriberOf({ client: { name, subscriptions } }: Settings): Subscriber {
  return { client: name, subscriptions };
}

function rulesOf({ client, checks }: Settings): RequestRules {
  return { checks, safeMode: client.safe_mode === true };
}
