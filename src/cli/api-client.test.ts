import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { certificate } from '../testing/certificates.ts';
import { ApiClient, parseBlock } from './api-client.ts';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** An API that answers with what it is told. */
async function serve(answer: Parameters<typeof serveAt>[0]): Promise<ApiClient> {
  return new ApiClient({ url: await serveAt(answer) });
}

async function serveAt(
  answer: (path: string) => { status?: number; body?: unknown; raw?: string },
): Promise<string> {
  const server = createServer((request, response) => {
    const { status = 200, body, raw } = answer(request.url ?? '');
    response.writeHead(status, { connection: 'close' }).end(raw ?? JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => new Promise((resolve) => server.close(() => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a list is read page by page', async () => {
  const all = Array.from({ length: 2345 }, (_, index) => index);
  const api = await serve((path) => {
    const query = new URL(path, 'http://x').searchParams;
    const offset = Number(query.get('offset'));
    return { body: all.slice(offset, offset + Number(query.get('limit'))) };
  });
  expect(await api.list('/results')).toEqual(all);
});

test('what is not there is undefined; what is refused is an error that says what to set', async () => {
  const api = await serve((path) => ({ status: path === '/none' ? 404 : 401 }));
  expect(await api.get('/none')).toBeUndefined();
  await expect(api.get('/clients')).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('TOCSIN_USER'),
  });
});

test('who was not believed is told so, and a sentence of the server stands for itself', async () => {
  const url = await serveAt((path) =>
    path === '/full' ? { status: 409, body: { error: 'There is a user ann already.' } } : { status: 401 },
  );
  const asking = (address: object): Promise<unknown> => new ApiClient({ url, ...address }).get('/clients');
  await expect(asking({ token: 'old' })).rejects.toThrow('does not take this token');
  await expect(asking({ user: 'ann', password: 'secret' })).rejects.toThrow(
    /does not take this name and password \(TOCSIN_USER, TOCSIN_PASSWORD\)$/,
  );
  await expect(new ApiClient({ url }).get('/full')).rejects.toThrow(/^There is a user ann already\.$/);
});

test('TLS on one end alone is told with the address to ask instead', async () => {
  const url = await serveAt(() => ({ body: {} }));
  const address = url.replace('http:', 'https:');
  await expect(new ApiClient({ url: address }).get('/x')).rejects.toThrow(
    `speaks no TLS: ask ${url} instead`,
  );
  const server = createTlsServer(certificate('good'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(new ApiClient({ url: `http://127.0.0.1:${port}` }).get('/x')).rejects.toThrow(
    `If it speaks TLS, ask https://127.0.0.1:${port} instead.`,
  );
  await new Promise((resolve) => server.close(resolve));
});

test('a server that is not there is an error that says what to start', async () => {
  const api = new ApiClient({ url: 'http://127.0.0.1:1' });
  await expect(api.get('/clients')).rejects.toMatchObject({
    code: 'SERVER_UNREACHABLE',
    message: expect.stringContaining('tocsin up'),
  });
});

test('a stream gives its events and ends with the server', async () => {
  const api = await serve(() => ({
    raw: ': hello\n\nid: 7\nevent: result\ndata: {"a":1}\n\nid: 8\nevent: event\ndata: {\ndata: "b":2}\n\n',
  }));
  const events = [];
  for await (const event of api.stream(['result'], new AbortController().signal)) events.push(event);
  expect(events).toEqual([
    { id: '7', type: 'result', data: { a: 1 } },
    { id: '8', type: 'event', data: { b: 2 } },
  ]);
});

test('a comment is no event', () => {
  expect(parseBlock(': alive')).toBeUndefined();
});
