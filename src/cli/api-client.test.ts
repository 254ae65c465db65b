import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ApiClient, parseBlock } from './api-client.ts';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

/** An API that answers with what it is told. */
async function serve(
  answer: (path: string) => { status?: number; body?: unknown; raw?: string },
): Promise<ApiClient> {
  const server = createServer((request, response) => {
    const { status = 200, body, raw } = answer(request.url ?? '');
    response.writeHead(status, { connection: 'close' }).end(raw ?? JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => new Promise((resolve) => server.close(() => resolve()));
  return new ApiClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
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
