import type { ExecutedCheck } from '../../model/check.ts';
import { defineHandler, type Plugin, Type } from '../../plugin.ts';
import { type Clock, unixSeconds } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { CANARY_CHECK, CANARY_HANDLER } from '../../state/self-reports.ts';

export interface CanaryParts {
  /** Milliseconds between two; 0: none. */
  periodMs: () => number;
  /** Hands the result to the transport; resolves when it is acknowledged. */
  publish: (check: ExecutedCheck) => Promise<void>;
  /** Called each time that one came back. */
  passed: () => void;
  clock: Clock;
  random: Random;
}

/** Canaries that were not acknowledged; while the store is away they must not pile up. */
const MOST_UNACKNOWLEDGED = 3;
/** Canaries that are known when they come back; older ones are forgotten. */
const MOST_KNOWN = 10;

/**
 * A result that goes the whole way every so often: transport, intake, commit, pipeline, and a handler in this
 * process, which says that it came back. Nobody else can make it: each carries a text of its own.
 */
export class Canary {
  /** The handler that it comes back to. */
  readonly plugin: Plugin;
  readonly #parts: CanaryParts;
  /** Output of each that is under way → when it was sent, elapsed milliseconds; oldest first. */
  readonly #sent = new Map<string, number>();
  /** When each that is not acknowledged was sent. */
  readonly #unacknowledged = new Set<{ sentMs: number }>();
  #acknowledgedInMs = 0;
  #waitedMs = 0;
  #quietMs = 0;
  #passedAtMs: number | undefined;
  #tookMs: number | undefined;

  constructor(parts: CanaryParts) {
    this.#parts = parts;
    this.plugin = defineHandler({
      name: CANARY_HANDLER,
      options: Type.Object({}),
      run: async (event) => {
        this.#back(event.check.output);
        return '';
      },
    }) as unknown as Plugin;
  }

  /** How long none has come back: milliseconds of the time that was let pass. */
  get quietMs(): number {
    return this.#quietMs;
  }

  /** Unix milliseconds at which the last one came back. */
  get passedAtMs(): number | undefined {
    return this.#passedAtMs;
  }

  /** Milliseconds that it took. */
  get tookMs(): number | undefined {
    return this.#tookMs;
  }

  /** Milliseconds that one takes to be committed: what the last one took, or the one under way takes already. */
  get lagMs(): number {
    const [oldest] = this.#unacknowledged;
    return Math.max(this.#acknowledgedInMs, oldest ? this.#parts.clock.elapsed() - oldest.sentMs : 0);
  }

  /** Lets so much time pass, and sends the next one when it is due. */
  tick(passedMs: number): void {
    const periodMs = this.#parts.periodMs();
    this.#quietMs = periodMs === 0 ? 0 : this.#quietMs + passedMs;
    this.#waitedMs += passedMs;
    if (periodMs === 0 || this.#waitedMs < periodMs) return;
    this.#waitedMs = 0;
    if (this.#unacknowledged.size < MOST_UNACKNOWLEDGED) void this.#send();
  }

  async #send(): Promise<void> {
    const { clock, random, publish } = this.#parts;
    const sent = { sentMs: clock.elapsed() };
    const output = `canary ${random.uuid()}`;
    this.#note(output, sent.sentMs);
    this.#unacknowledged.add(sent);
    try {
      await publish(canaryCheck(output, unixSeconds(clock)));
      this.#acknowledgedInMs = clock.elapsed() - sent.sentMs;
    } catch {
      // That it does not come back says enough.
    } finally {
      this.#unacknowledged.delete(sent);
    }
  }

  #note(output: string, sentMs: number): void {
    this.#sent.set(output, sentMs);
    for (const oldest of this.#sent.keys()) {
      if (this.#sent.size <= MOST_KNOWN) return;
      this.#sent.delete(oldest);
    }
  }

  /** One of a former process, or somebody's imitation, is not known. */
  #back(output: string): void {
    const sentMs = this.#sent.get(output);
    if (sentMs === undefined) return;
    const { clock, passed } = this.#parts;
    this.#sent.delete(output);
    this.#tookMs = clock.elapsed() - sentMs;
    this.#passedAtMs = clock.now();
    this.#quietMs = 0;
    passed();
  }
}

/** A metric: it makes an event whatever its status is, and leaves none open. */
function canaryCheck(output: string, now: number): ExecutedCheck {
  return {
    ...{ name: CANARY_CHECK, type: 'metric', handlers: [CANARY_HANDLER] },
    ...{ status: 0, output, issued: now, executed: now, duration: 0 },
  };
}
