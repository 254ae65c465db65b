import { errorText, TocsinError } from '../runtime/errors.ts';

/** Where the API is and how to be let in. */
export interface ApiAddress {
  url: string;
  user?: string | undefined;
  password?: string | undefined;
  /** Of a program; it goes before a user. */
  token?: string | undefined;
}

/** One change from the live stream. */
export interface StreamEvent {
  id: string;
  type: string;
  data: unknown;
}

/** What Node says of certificates that it does not believe. */
const UNTRUSTED = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/;
/** What Node says when plain HTTP answers where TLS was spoken. */
const NO_TLS = 'ERR_SSL_WRONG_VERSION_NUMBER';
/** What Node says when the other end closes before it answers, as TLS does with plain HTTP. */
const HUNG_UP = /^(UND_ERR_SOCKET|ECONNRESET)$/;
const PAGE = 1000;
const TIMEOUT_MS = 30_000;
/** A stream that says nothing for this long, not even a comment, is dead. */
const QUIET_MS = 60_000;

/** Asks a running Tocsin over HTTP. Errors are TocsinErrors that say what to do. */
export class ApiClient {
  readonly #address: ApiAddress;

  constructor(address: ApiAddress) {
    this.#address = address;
  }

  /** The answer's JSON; undefined when there is no such thing (404). */
  async get<T>(path: string): Promise<T | undefined> {
    const response = await this.#fetch(path, AbortSignal.timeout(TIMEOUT_MS));
    if (response.status === 404) return undefined;
    await this.#demand(response, path);
    return (await response.json()) as T;
  }

  /** Sends a document, or none; the answer's JSON, undefined when it has no body. Throws NOT_FOUND for a 404. */
  async send<T>(method: 'POST' | 'DELETE', path: string, document?: object): Promise<T | undefined> {
    const body = document === undefined ? undefined : JSON.stringify(document);
    const response = await this.#fetch(path, AbortSignal.timeout(TIMEOUT_MS), { method, body });
    if (response.status === 404)
      throw new TocsinError('NOT_FOUND', `${path} is not known at ${this.#address.url}`);
    await this.#demand(response, path);
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as T);
  }

  /** Everything behind a list endpoint, page by page. */
  async list<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    for (;;) {
      const page = (await this.get<T[]>(`${path}?limit=${PAGE}&offset=${items.length}`)) ?? [];
      items.push(...page);
      if (page.length < PAGE) return items;
    }
  }

  /** The bytes of an answer, as they come. */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.#fetch(path, new AbortController().signal);
    await this.#demand(response, path);
    return response.body as AsyncIterable<Uint8Array>;
  }

  /**
   * Changes as they are committed, until the signal aborts or the server ends the stream.
   * @param opened called once, when none is missed from here on
   */
  async *stream(
    types: readonly string[],
    signal: AbortSignal,
    opened: () => void = () => undefined,
  ): AsyncGenerator<StreamEvent> {
    const path = `/api/v1/stream?types=${types.join(',')}`;
    const quiet = new AbortController();
    const response = await this.#fetch(path, AbortSignal.any([signal, quiet.signal]));
    await this.#demand(response, path);
    opened();
    let timer = setTimeout(() => quiet.abort(), QUIET_MS);
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        clearTimeout(timer);
        timer = setTimeout(() => quiet.abort(), QUIET_MS);
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = parseBlock(block);
          if (event) yield event;
        }
      }
    } catch (error) {
      if (!signal.aborted) throw this.#unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(
    path: string,
    signal: AbortSignal,
    request: { method?: string; body?: string | undefined } = {},
  ): Promise<Response> {
    const { url, user, password, token } = this.#address;
    const headers: Record<string, string> = {};
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    else if (user !== undefined) {
      headers['authorization'] = `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
    }
    try {
      const { method = 'GET', body = null } = request;
      return await fetch(`${url}${path}`, { method, body, headers, signal });
    } catch (error) {
      throw this.#unreachable(error);
    }
  }

  async #demand(response: Response, path: string): Promise<void> {
    if (response.ok) return;
    const { url } = this.#address;
    if (response.status === 401) throw new TocsinError('SERVER_REFUSED', this.#stranger());
    const body = (await response.text()).slice(0, 1000);
    const told = toldIn(body);
    if (told !== undefined && response.status === 400) throw new TocsinError('MESSAGE_INVALID', told);
    if (told !== undefined && response.status < 500) throw new TocsinError('SERVER_REFUSED', told);
    const rest = told ?? body.slice(0, 200);
    throw new TocsinError('SERVER_REFUSED', `${url}${path} answered ${response.status} ${rest}`.trimEnd());
  }

  /** What to do when the server does not know who asks, or does not believe it. */
  #stranger(): string {
    const { url, user, token } = this.#address;
    if (token !== undefined)
      return `${url} does not take this token: it is wrong, has expired, or was revoked`;
    if (user !== undefined)
      return `${url} does not take this name and password (TOCSIN_USER, TOCSIN_PASSWORD)`;
    return `${url} wants to know who asks: set TOCSIN_API_TOKEN or --token-file, or TOCSIN_USER and TOCSIN_PASSWORD`;
  }

  #unreachable(error: unknown): TocsinError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const message = unreachableText(this.#address.url, cause);
    return new TocsinError('SERVER_UNREACHABLE', message, { cause: error });
  }
}

function unreachableText(url: string, cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const why = errorText(cause) || 'no connection';
  if (code === NO_TLS)
    return `What answers at ${url} speaks no TLS: ask ${url.replace('https:', 'http:')} instead.`;
  if (HUNG_UP.test(code) && url.startsWith('http:'))
    return `What answers at ${url} hangs up (${why}). If it speaks TLS, ask ${url.replace('http:', 'https:')} instead.`;
  if (UNTRUSTED.test(code))
    return `The certificate of ${url} is not trusted (${why}). Name who signed it with NODE_EXTRA_CA_CERTS=FILE, and a name that is in it with --url.`;
  return `No Tocsin answers at ${url} (${why}). Start one with "tocsin up", or name another with --url or --port.`;
}

/** The sentence in a refusal, with its place in what was asked; undefined when there is none. */
function toldIn(body: string): string | undefined {
  try {
    const { error, hint, position } = JSON.parse(body) as Record<'error' | 'hint' | 'position', unknown>;
    if (typeof error !== 'string') return undefined;
    const place = typeof position === 'number' ? ` (character ${position + 1})` : '';
    return `${error}${place}${typeof hint === 'string' ? `; ${hint}` : ''}`;
  } catch {
    return undefined;
  }
}

/** One block of a stream of server-sent events (WHATWG HTML, "Server-sent events"). */
export function parseBlock(block: string): StreamEvent | undefined {
  const event: StreamEvent = { id: '', type: 'message', data: undefined };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (line.startsWith('id:')) event.id = value;
    else if (line.startsWith('event:')) event.type = value;
    else if (line.startsWith('data:')) data.push(value);
  }
  if (data.length === 0) return undefined;
  return { ...event, data: JSON.parse(data.join('\n')) };
}
