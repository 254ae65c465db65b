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
import type { Subscription, Transport } from '../transport/index.ts';
import { type CallInReport, CallIns } from './call-ins.ts';
import { type ExecuteParts, execute } from './execute.ts';
import { InProcess } from './in-process.ts';
import { Keepalives } from './keepalives.ts';
import { Requests } from './requests.ts';
import { Results } from './results.ts';
import type { RunnableCheck } from './runnable.ts';
import { Runs } from './runs.ts';
import { standaloneEntries } from './standalone.ts';

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
}

export interface Agent {
  /**
   * Sends the first keepalive, subscribes and begins the schedule. When it cannot subscribe it stops again and
   * rejects as the transport did; rejects with kind `closed` after a stop.
   */
  start(): Promise<void>;
  /**
   * Ends everything within some seconds, whatever hangs; no timer of the agent is left. May be called twice. What
   * was not acknowledged by then is lost, and counted.
   */
  stop(): Promise<void>;
  /** Notes that a thing called in; throws with kind `input` when name or status cannot be. */
  callIn(name: string, report?: CallInReport): void;
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
  readonly #execute: ExecuteParts;
  readonly #results: Results;
  readonly #runs: Runs;
  readonly #requests: Requests;
  readonly #keepalives: Keepalives;
  readonly #timetable: Timetable;
  #subscription: Subscription | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: AgentParts) {
    const { settings, clock } = parts;
    const { client, checks } = settings;
    this.#parts = parts;
    this.#callIns = new CallIns(clock);
    this.#inProcess = new InProcess({ ...parts, client, callIns: this.#callIns });
    this.#execute = {
      ...parts,
      client,
      inProcess: this.#inProcess,
      defaultTimeoutMs: settings.spawn.defaultTimeoutMs,
    };
    this.#results = new Results({ ...parts, client });
    this.#runs = new Runs({
      ...parts,
      results: this.#results,
      execute: (check) => execute(check, this.#execute),
    });
    this.#requests = new Requests({
      ...parts,
      runs: this.#runs,
      checks,
    });
    this.#keepalives = new Keepalives({ ...parts, client });
    this.#timetable = new Timetable({ clock, run: (name) => this.#runStandalone(name) });
  }

  async start(): Promise<void> {
    if (this.#stopped !== undefined)
      throw new TocsinError('CLOSED', 'this agent was stopped; make a new one');
    const { transport, settings } = this.#parts;
    const { name: client, subscriptions } = settings.client;
    this.#keepalives.start();
    try {
      const subscription = await transport.subscribe({ client, subscriptions }, (request) =>
        this.#requests.take(request),
      );
      // A stop may have come while we were subscribing.
      if (this.#stopped !== undefined) return await subscription.stop();
      this.#subscription = subscription;
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#startSchedule();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  callIn(name: string, report: CallInReport = {}): void {
    this.#callIns.note(name, report);
  }

  async runCheck(check: RunnableCheck): Promise<ExecutedCheck> {
    const executed = await execute(check, this.#execute);
    if (executed.ended === 'done') return executed.check;
    if (executed.ended === 'stopped') {
      throw new TocsinError('CLOSED', `the agent stopped while the check ${check.name} was running`);
    }
    const wanted = check.extension ?? check.name;
    throw new TocsinError(
      'NOT_FOUND',
      `the check ${check.name} has no command, and there is no check in process named ${wanted}`,
    );
  }

  #startSchedule(): void {
    const { client, checks } = this.#parts.settings;
    this.#timetable.set(standaloneEntries(client.name, checks.values()));
    this.#timetable.start();
  }

  #runStandalone(name: string): void {
    const check = this.#parts.settings.checks.get(name);
    if (check) void this.#runs.run({ ...check, issued: unixSeconds(this.#parts.clock) });
  }

  async #end(): Promise<void> {
    this.#keepalives.stop();
    this.#timetable.stop();
    const left = this.#subscription?.stop();
    this.#inProcess.stop();
    await this.#within(END_LIMIT_MS, 'checks', Promise.all([left, this.#parts.spawner.close()]));
    await this.#within(DELIVERY_LIMIT_MS, 'the delivery of results', this.#results.stop());
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
