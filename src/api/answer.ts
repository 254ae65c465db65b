/** What is answered to a request: a status, a JSON document or nothing, and headers beside the ones all answers have. */
export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; undefined: no body. */
  body?: unknown;
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

/** True for a JSON document or an error; GET and HEAD share answers. */
export function isOk(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}
