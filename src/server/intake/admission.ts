import { Compile } from 'typebox/compile';
import { type CheckResult, CheckResultSchema } from '../../model/check.ts';
import { KeepaliveSchema, type RegisteredClient } from '../../model/client.ts';
import { DEEPEST_JSON, tidyJson } from '../../model/json.ts';
import { isName } from '../../model/names.ts';
import type { CounterName, Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import type { Incoming } from '../../transport/port.ts';
import { Causes } from './causes.ts';

const resultValidator = Compile(CheckResultSchema);
const keepaliveValidator = Compile(KeepaliveSchema);

/** Lets documents in that fit their schema and are not too large; others are counted, and logged once per cause. */
export class Admission {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #causes = new Causes();
  readonly #largestBytes: () => number | undefined;
  readonly #refused: (sender: string) => void;

  /**
   * @param parts.largestBytes bytes of JSON text that a message may have; undefined: any number, and none is measured
   * @param parts.refused is told the name in a document that cannot be taken, when it is one
   */
  constructor(parts: {
    log: Log;
    counters: Counters;
    largestBytes?: () => number | undefined;
    refused?: (sender: string) => void;
  }) {
    this.#log = parts.log;
    this.#counters = parts.counters;
    this.#largestBytes = parts.largestBytes ?? (() => undefined);
    this.#refused = parts.refused ?? (() => undefined);
  }

  result(message: Incoming): CheckResult | undefined {
    const { body } = message;
    if (this.#isTooDeep('results_invalid', 'invalid check result', body)) return undefined;
    if (this.#isTooLarge('results_oversized', body)) return undefined;
    if (resultValidator.Check(body)) return body as CheckResult;
    this.#turnAway('results_invalid', 'invalid check result', causeOf(resultValidator, body), body);
    return undefined;
  }

  keepalive(message: Incoming): RegisteredClient | undefined {
    const { body } = message;
    if (this.#isTooDeep('keepalives_invalid', 'invalid keepalive', body)) return undefined;
    if (this.#isTooLarge('keepalives_oversized', body)) return undefined;
    if (keepaliveValidator.Check(body)) return body as RegisteredClient;
    this.#turnAway('keepalives_invalid', 'invalid keepalive', causeOf(keepaliveValidator, body), body);
    return undefined;
  }

  /** Books a document that is not let in. */
  refuse(counter: CounterName, message: string, cause: string, body: unknown): void {
    this.#counters.increment(counter);
    if (this.#causes.isNew(`${counter} ${cause}`)) this.#log.warn(message, { cause, from: senderOf(body) });
  }

  /** Books a document that cannot be taken, and tells of whoever sent it. */
  #turnAway(counter: CounterName, message: string, cause: string, body: unknown): void {
    this.refuse(counter, message, cause, body);
    const sender = senderOf(body);
    if (isName(sender)) this.#refused(sender);
  }

  /** One that cannot be written out would come back with its whole batch for ever. */
  #isTooDeep(counter: CounterName, message: string, body: unknown): boolean {
    if (tidyJson(body)) return false;
    this.#turnAway(counter, message, `the document is nested deeper than ${DEEPEST_JSON} levels`, body);
    return true;
  }

  #isTooLarge(counter: CounterName, body: unknown): boolean {
    const largest = this.#largestBytes();
    if (largest === undefined) return false;
    const bytes = Buffer.byteLength(JSON.stringify(body) ?? '');
    if (bytes <= largest) return false;
    this.#turnAway(
      counter,
      'message is too large',
      `from ${senderOf(body)}, more than ${largest} bytes`,
      body,
    );
    return true;
  }
}

function causeOf(validator: typeof resultValidator | typeof keepaliveValidator, body: unknown): string {
  const [first] = validator.Errors(body);
  if (!first) return 'does not fit the schema';
  return `${first.instancePath === '' ? 'the document' : first.instancePath.slice(1).replaceAll('/', '.')} ${first.message}`;
}

/** Who seems to have sent it, for the log: short, whatever was sent. */
function senderOf(body: unknown): string {
  const { client, name } = (body ?? {}) as Record<string, unknown>;
  const sender = client ?? name;
  return typeof sender === 'string' ? sender.slice(0, 100) : 'unknown';
}
