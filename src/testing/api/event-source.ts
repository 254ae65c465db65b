import { type IncomingMessage, request } from 'node:http';

/** One message of a stream of server-sent events. */
export interface StreamMessage {
  /** Last id seen when it came; undefined: none yet. */
  id: string | undefined;
  event: string;
  data: unknown;
}

export interface EventSourceOptions {
  headers?: Record<string, string>;
}

/** Reads a stream as the WHATWG rules say, for tests; `pause` stops reading, so that the sender's buffers fill. */
export interface EventSource {
  status: number;
  headers: IncomingMessage['headers'];
  messages: StreamMessage[];
  /** Comment lines so far. */
  comments: string[];
  /** The id to resume from. */
  lastId(): string | undefined;
  pause(): void;
  resume(): void;
  /** Resolves when the sender ended the stream. */
  ended: Promise<void>;
  close(): void;
}

export function openEventSource(url: string, options: EventSourceOptions = {}): Promise<EventSource> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers: options.headers ?? {}, agent: false }, (response) => {
      resolve(readEvents(response, () => sent.destroy()));
    });
    sent.on('error', reject);
    sent.end();
  });
}

function readEvents(response: IncomingMessage, destroy: () => void): EventSource {
  const messages: StreamMessage[] = [];
  const comments: string[] = [];
  let lastId: string | undefined;
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      let event = 'message';
      let data: string | undefined;
      for (const line of block.split('\n')) {
        if (line.startsWith(':')) comments.push(line.slice(1).trim());
        if (line.startsWith('id: ')) lastId = line.slice(4);
        if (line.startsWith('event: ')) event = line.slice(7);
        if (line.startsWith('data: ')) data = line.slice(6);
      }
      if (data !== undefined) messages.push({ id: lastId, event, data: JSON.parse(data) });
    }
  });
  const ended = new Promise<void>((resolve) => response.on('close', resolve));
  response.on('error', () => undefined);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    messages,
    comments,
    lastId: () => lastId,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    ended,
    close: destroy,
  };
}
