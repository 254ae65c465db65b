/** What is answered to a request: a status, a JSON document or nothing, and headers beside the ones all answers have. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; undefined: no body. */
  body?: unknown;
  /** A body that is no JSON, and its content type. */
  text?: { type: string; content: string };
}

/**
 * A list that is written out item by item, a slice at a time, so that a long one holds nobody up. An undefined item
 * is passed over: it gives the others a turn where many are skipped.
 */
export interface ListAnswer extends Answer {
  items: Iterable<unknown>;
}

export function isList(answer: Answer): answer is ListAnswer {
  return 'items' in answer;
}

export function json(body: unknown, status = 200): Answer {
  return { status, body };
}

export function empty(status: number): Answer {
  return { status };
}

/** 202, with the Unix second in which the request was taken. */
export function issued(now: number): Answer {
  return { status: 202, body: { issued: now } };
}

/** A refusal that says why, in a sentence. */
export function refusal(status: number, sentence: string): Answer {
  return { status, body: { error: sentence } };
}
