import { Compile } from 'typebox/compile';
import { type CheckResult, CheckResultSchema } from '../../model/check.ts';
import { KeepaliveSchema, type RegisteredClient } from '../../model/client.ts';
import type { CounterName, Counters } from '../../runtime/counters.ts';
import type { Log } from '../../runtime/log.ts';
import type { Incoming } from '../../transport/port.ts';

const resultValidator = Compile(CheckResultSchema);
const keepaliveValidator = Compile(KeepaliveSchema);

/** Causes that are logged once each; beyond this many different ones they are only counted. */
const MOST_CAUSES = 200;

/** Lets documents in that fit their schema; the others are counted, and logged once per cause. */
export class Admission {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #causes = new Set<string>();

  constructor(parts: { log: Log; counters: Counters }) {
    this.#log = parts.log;
    this.#counters = parts.counters;
  }

  result(message: Incoming): CheckResult | undefined {
    const { body } = message;
    if (resultValidator.Check(body)) return body as CheckResult;
    this.refuse('results_invalid', 'invalid check result', causeOf(resultValidator, body), body);
    return undefined;
  }

  keepalive(message: Incoming): RegisteredClient | undefined {
    const { body } = message;
    if (keepaliveValidator.Check(body)) return body as RegisteredClient;
    this.refuse('keepalives_invalid', 'invalid keepalive', causeOf(keepaliveValidator, body), body);
    return undefined;
  }

  /** Books a document that is not let in. */
  refuse(counter: CounterName, message: string, cause: string, body: unknown): void {
    this.#counters.increment(counter);
    const key = `${counter} ${cause}`;
    if (this.#causes.has(key) || this.#causes.size >= MOST_CAUSES) return;
    this.#causes.add(key);
    this.#log.warn(message, { cause, from: senderOf(body) });
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
