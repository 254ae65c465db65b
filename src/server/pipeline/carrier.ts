import type { Delivery } from '../../model/delivery.ts';
import { unixSeconds } from '../../runtime/clock.ts';
import { errorText } from '../../runtime/errors.ts';
import { stateName } from '../../state/documents.ts';
import type { Books } from './books.ts';
import { carryOut, recordEnding } from './carry-out.ts';
import { Lanes, type Place } from './lanes.ts';
import type { Outbox } from './outbox.ts';
import { type HandlerPlan, USUAL_LIMITS } from './plans.ts';
import type { Postponements } from './postponements.ts';
import { supersededRecord } from './record.ts';
import { afterFailure, restOf } from './retry.ts';
import type { Ending, Tools } from './rules.ts';

/** A delivery in hand. */
interface Due extends Place {
  delivery: Delivery;
}

export interface CarrierParts {
  tools: Tools;
  /** The plan of a handler of now. */
  plan: (handler: string) => HandlerPlan | undefined;
  books: Books;
  outbox: Outbox;
  postponements: Postponements;
  /** Called after each delivery of a handler that ended, and after each try that failed. */
  left: (handler: string) => void;
}

/**
 * Carries out the deliveries in hand: by handler as fast as it may go, those of one client's check one after another. One
 * that fails rests and is tried again, as its handler's rules say, and what stands behind it waits; when its event is
 * resolved meanwhile it is left out, for nobody wants to hear of it any more.
 */
export class Carrier {
  readonly #parts: CarrierParts;
  readonly #lanes: Lanes<Due>;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
    this.#lanes = new Lanes({
      clock: parts.tools.clock,
      limits: (handler) => parts.plan(handler)?.limits ?? USUAL_LIMITS,
      begin: (due) => this.#try(due),
      left: (due) => parts.left(due.lane),
    });
  }

  /** Deliveries that run, rest or wait. */
  get size(): number {
    return this.#lanes.size;
  }

  get running(): number {
    return this.#lanes.running;
  }

  /** Those that rest until their next try, or wait behind one that does. */
  get resting(): number {
    return this.#lanes.resting;
  }

  sizeOf(handler: string): number {
    return this.#lanes.sizeOf(handler);
  }

  take(delivery: Delivery): void {
    const { plan, tools } = this.#parts;
    const restMs =
      delivery.next_try === undefined
        ? 0
        : restOf(delivery, plan(delivery.handler)?.retry, tools.clock.now());
    this.supersede(delivery);
    this.#lanes.add({ ...placeOf(delivery), delivery }, restMs);
  }

  /** When a delivery resolves its event, what rests of that, or waits behind what rests, is left out. */
  supersede(delivery: Delivery): void {
    const { event } = delivery;
    if (event.action !== 'resolve' || this.#lanes.resting === 0) return;
    const place = placeOf(delivery);
    if (this.#lanes.rests(place)) this.#leaveOut(place, event.id);
  }

  /** Other plans are in force. */
  look(): void {
    this.#lanes.look();
  }

  /** Begins nothing more. */
  stop(): void {
    this.#lanes.stop();
  }

  async #try(due: Due): Promise<number | undefined> {
    const { tools, plan: planOf, books, outbox } = this.#parts;
    const { clock, signal, random } = tools;
    const { delivery } = due;
    const plan = planOf(delivery.handler);
    const begunMs = clock.elapsed();
    const ending = await carryOut(delivery, plan, tools).catch(
      (error: unknown): Ending => ({ outcome: 'failed', stage: 'handler', error: errorText(error) }),
    );
    if (ending.outcome === 'left' || signal.aborted) return undefined;
    const record = recordEnding(delivery, ending, begunMs, clock);
    if (ending.outcome === 'failed') {
      const facts = { chance: random.number(), nowMs: clock.now() };
      const after = afterFailure(delivery, ending, plan?.retry, facts);
      if (typeof after === 'object') return this.#again(due, after.delivery, after.restMs);
      record.outcome = after;
    }
    books.ended(delivery, record, ending.output ?? '');
    outbox.end(delivery, record);
    return undefined;
  }

  /** Has the delivery tried again, unless its resolve stands behind it already. */
  #again(due: Due, next: Delivery, restMs: number): number | undefined {
    const { books, postponements } = this.#parts;
    due.delivery = next;
    const { id, action } = next.event;
    const isOver = (other: Due): boolean =>
      other.delivery.event.id === id && other.delivery.event.action === 'resolve';
    if (action !== 'resolve' && this.#lanes.behind(due).some(isOver)) {
      this.#end(next);
      this.#leaveOut(due, id);
      return undefined;
    }
    books.postponed(next, restMs);
    void postponements.add(next).then((isOurs) => {
      if (!isOurs) this.#drop(due, next);
    });
    return restMs;
  }

  /** Another server has it in hand, or somebody took it away. */
  #drop(due: Due, lost: Delivery): void {
    this.#lanes.withdraw(due, (other) => other === due && other.delivery === lost);
    this.#parts.left(due.lane);
  }

  #leaveOut(place: Place, eventId: string): void {
    const waits = ({ delivery: { event } }: Due): boolean =>
      event.id === eventId && event.action !== 'resolve';
    for (const { delivery } of this.#lanes.withdraw(place, waits)) this.#end(delivery);
    this.#parts.left(place.lane);
  }

  #end(delivery: Delivery): void {
    const { books, outbox, tools } = this.#parts;
    books.superseded(delivery);
    outbox.end(delivery, supersededRecord(delivery, unixSeconds(tools.clock)));
  }
}

function placeOf({ handler, event }: Delivery): Place {
  return { lane: handler, key: stateName(event.client.name, event.check.name) };
}
