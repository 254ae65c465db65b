import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  /** `200 OK` */
  status: string;
  /** Header lines in their order. */
  headers: string[];
  body: string;
}

/** Sends bytes to a port on loopback and reads until the peer closes. */
export function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });
}

/** Sends one request as curl does, and takes its answer apart. */
export async function rawRequest(
  port: number,
  request: { method: string; path: string; headers?: Record<string, string>; body?: string | undefined },
): Promise<RawAnswer> {
  const { method, path, body } = request;
  const headers = { Host: `127.0.0.1:${port}`, Accept: '*/*', ...request.headers };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const type = body === undefined ? '' : 'Content-Type: application/x-www-form-urlencoded\r\n';
  const text = await exchange(
    port,
    `${method} ${path} HTTP/1.1\r\n${lines.join('')}${length}${type}\r\n${body ?? ''}`,
  );
  return takeApart(text);
}

export function takeApart(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [status = '', ...headers] = text.slice(0, end).split('\r\n');
  return { status: status.replace('HTTP/1.1 ', ''), headers, body: text.slice(end + 4) };
}
