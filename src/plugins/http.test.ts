import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createRawServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePerfdata } from '../plugin.ts';
import { type CertificateName, certificate, certificatePath } from '../testing/certificates.ts';
import { ManualClock } from '../testing/clock.ts';
import { deadPort, peers } from '../testing/peers.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { http } from './http.ts';

const running = peers();
afterEach(() => running.close());

async function site(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await running.serve(createServer(listener))}/`;
}

async function rawSite(answer: (socket: Socket) => void): Promise<string> {
  const server = createRawServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  return `http://127.0.0.1:${await running.serve(server)}/`;
}

async function secureSite(name: CertificateName): Promise<string> {
  const server = createSecureServer(certificate(name), (_request, response) => response.end('safe'));
  server.on('tlsClientError', () => {});
  return `https://localhost:${await running.serve(server)}/`;
}

describe('http', () => {
  it('tells status, time and size, with perfdata', async () => {
    const url = await site((_request, response) => response.end('hello'));
    const { status, output, fault } = await http.run({ url, warning: 20, critical: '30' }, checkContext());
    expect(status).toBe(0);
    expect(fault).toBeUndefined();
    expect(output).toMatch(/^HTTP OK: 200 in \d+\.\d{3} s, 5 bytes \| 'time'=[\d.]+s;20;30 /);
    const items = parsePerfdata(output);
    expect(items.map(({ label }) => label)).toEqual(['time', 'size', 'connect', 'first_byte']);
    expect(items[1]).toMatchObject({ value: 5, unit: 'B' });
  });

  it('sends method, headers, body and credentials', async () => {
    let seen: IncomingMessage | undefined;
    let body = '';
    const url = await site((request, response) => {
      seen = request;
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => response.end());
    });
    const options = {
      url: `${url}path?q=1`,
      method: 'PUT',
      headers: { Host: 'shop.example', 'X-Probe': 'yes' },
      body: 'ping',
      user: 'ada',
      password: 'engine',
    };
    expect((await http.run(options, checkContext())).status).toBe(0);
    expect(seen).toMatchObject({ method: 'PUT', url: '/path?q=1' });
    expect(seen?.headers).toMatchObject({
      host: 'shop.example',
      'x-probe': 'yes',
      authorization: `Basic ${Buffer.from('ada:engine').toString('base64')}`,
      connection: 'close',
    });
    expect(body).toBe('ping');
  });

  it.each([
    [{}, 503, 2, /^HTTP CRITICAL: status is not 200-399: 503 in/],
    [{ status: 503 }, 503, 0, /^HTTP OK: 503/],
    [{ status: '200-204,401' }, 401, 0, /^HTTP OK: 401/],
    [{ status: '200-204,401' }, 301, 2, /status is not 200-204,401/],
    [{}, 302, 0, /^HTTP OK: 302/],
  ])('judges with %j the status %i as %i', async (options, answered, status, line) => {
    const url = await site((_request, response) => {
      response.statusCode = answered;
      response.end();
    });
    const found = await http.run({ url, ...options }, checkContext());
    expect(found.status).toBe(status);
    expect(found.output).toMatch(line);
    expect(found.fault).toBe(status === 0 ? undefined : 'target');
  });

  it('looks for text, and keeps foreign text out of the line and the perfdata', async () => {
    const url = await site((_request, response) => response.end('all is | well'));
    const run = (options: object) => http.run({ url, ...options }, checkContext());
    expect((await run({ contains: 'is | well' })).status).toBe(0);
    const missing = await run({ contains: 'sick\n|x=1' });
    expect(missing).toMatchObject({ status: 2, fault: 'target' });
    expect(missing.output).toMatch(/^HTTP CRITICAL: "sick \/x=1" is not in the body: 200/);
    expect((await run({ not_contains: 'well' })).output).toMatch(/^HTTP CRITICAL: "well" is in the body/);
  });

  it('judges the time', async () => {
    const url = await site((_request, response) => response.end());
    expect(await http.run({ url, warning: '@0:60' }, checkContext())).toMatchObject({
      status: 1,
      fault: 'target',
    });
    expect((await http.run({ url, warning: '@0:60', critical: '@0:60' }, checkContext())).status).toBe(2);
  });

  it('says that a connection was refused', async () => {
    const port = await deadPort();
    const found = await http.run({ url: `http://127.0.0.1:${port}` }, checkContext());
    expect(found).toEqual({
      status: 2,
      output: `HTTP CRITICAL: 127.0.0.1:${port} refused the connection`,
      fault: 'target',
    });
  });

  it('says that a name has no address', async () => {
    const found = await http.run({ url: 'http://nowhere.invalid/' }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'network' });
    expect(found.output).toContain('nowhere.invalid:80');
  });

  it('gives up on a server that never answers', async () => {
    const clock = new ManualClock();
    const server = createRawServer();
    const url = `http://127.0.0.1:${await running.serve(server)}`;
    const found = http.run({ url, timeout: 7 }, checkContext({ clock }));
    const [socket] = (await once(server, 'connection')) as [Socket];
    await once(socket, 'data');
    await clock.advance(7_000);
    expect(await found).toMatchObject({ status: 2, fault: 'target' });
    expect((await found).output).toContain('timed out after 7 s waiting for');
    expect(clock.pending).toBe(0);
  });

  it('gives up on a server that stops in the middle of its body', async () => {
    const clock = new ManualClock();
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('some');
    });
    const port = await running.serve(server);
    const found = http.run({ url: `http://127.0.0.1:${port}` }, checkContext({ clock }));
    await once(server, 'request');
    await clock.advance(10_000);
    expect(await found).toMatchObject({ status: 2, fault: 'target' });
  });

  it('ends when it is stopped, and says so', async () => {
    const stop = new AbortController();
    const server = createServer(() => stop.abort());
    const port = await running.serve(server);
    const found = await http.run({ url: `http://127.0.0.1:${port}` }, checkContext({ signal: stop.signal }));
    expect(found).toMatchObject({ status: 3, fault: 'ours' });
    expect(found.output).toContain('stopped waiting for');
  });

  it('does not begin when it is stopped already', async () => {
    const found = await http.run(
      { url: 'http://127.0.0.1:1' },
      checkContext({ signal: AbortSignal.abort() }),
    );
    expect(found).toMatchObject({ status: 3, fault: 'ours' });
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    [
      'a reset in the body',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome', () => socket.resetAndDestroy());
      },
      /broke off/,
    ],
    [
      'an end in the body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome'),
      /broke off in its answer/,
    ],
    ['an end before an answer', (socket) => socket.end(), /broke off the connection/],
    ['what is not HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), /is not HTTP/],
    [
      'a bad chunk',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      /is not HTTP/,
    ],
    [
      'endless headers',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`),
      /is not HTTP/,
    ],
    [
      'a change of protocol',
      (socket) => socket.end('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      /broke off|closed the connection/,
    ],
  ])('blames the target for %s', async (_what, answer, line) => {
    const found = await http.run({ url: await rawSite(answer) }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toMatch(line);
  });

  it('reads a body without a length to its end', async () => {
    const url = await rawSite((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nthe end'));
    expect(await http.run({ url, contains: 'the end' }, checkContext())).toMatchObject({ status: 0 });
  });

  it('stops reading an endless body', async () => {
    const url = await site((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const found = await http.run({ url, contains: 'y' }, checkContext());
    expect(found.status).toBe(2);
    expect(found.output).toContain('"y" is not in the first 1048576 bytes of the body');
    expect((await http.run({ url }, checkContext())).output).toContain('more than 1048576 bytes');
  });

  it('never repeats a URL that it can not read', async () => {
    const found = await http.run({ url: 'http://user:secret@' }, checkContext());
    expect(found).toMatchObject({ status: 3, fault: 'ours' });
    expect(found.output).not.toContain('secret');
  });

  it('calls a header that can not be sent our fault, without its value', async () => {
    const url = await site((_request, response) => response.end());
    const found = await http.run({ url, headers: { token: 'sec\r\nret' } }, checkContext());
    expect(found).toMatchObject({ status: 3, fault: 'ours' });
    expect(found.output).not.toContain('sec');
  });

  it('rejects a threshold that is no range before it asks', async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    await expect(http.run({ url, warning: 'soon' }, checkContext())).rejects.toThrow('"soon" is not a range');
  });
});

describe('http redirects', () => {
  it('follows them as often as allowed', async () => {
    const url = await site((request, response) => {
      if (request.url === '/2') return response.end('arrived');
      response.writeHead(302, { location: request.url === '/1' ? '2' : '/1' });
      return response.end();
    });
    const run = (follow_redirects: number) =>
      http.run({ url, follow_redirects, contains: 'arrived' }, checkContext());
    expect((await run(2)).output).toMatch(/^HTTP OK: 200/);
    const short = await run(1);
    expect(short).toMatchObject({ status: 2, fault: 'target' });
    expect(short.output).toContain(`redirected more than 1 times, last to ${url}2`);
  });

  it('ends a loop', async () => {
    const url = await site((_request, response) => {
      response.writeHead(307, { location: '/?token=secret' });
      response.end();
    });
    const found = await http.run({ url, follow_redirects: 10 }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).not.toContain('secret');
  });

  it('tells another origin neither credentials nor headers', async () => {
    let seen: IncomingMessage | undefined;
    const elsewhere = await site((request, response) => {
      seen = request;
      response.end();
    });
    const url = await site((_request, response) => {
      response.writeHead(303, { location: elsewhere });
      response.end();
    });
    const options = {
      url,
      method: 'POST',
      body: 'secret',
      user: 'ada',
      password: 'secret',
      headers: { 'x-key': 'secret' },
      follow_redirects: 1,
    };
    expect((await http.run(options, checkContext())).status).toBe(0);
    expect(seen?.method).toBe('GET');
    expect(JSON.stringify(seen?.headers)).not.toContain('secret');
    expect(seen?.headers.authorization).toBeUndefined();
  });

  it.each(['file:///etc/passwd', 'http://[bad'])('does not follow to %s', async (location) => {
    const url = await site((_request, response) => {
      response.writeHead(301, { location });
      response.end();
    });
    const found = await http.run({ url, follow_redirects: 1 }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('redirected to what is not a web address');
  });
});

describe('https', () => {
  it('accepts what a trusted authority vouches for, and measures the handshake', async () => {
    const found = await http.run(
      { url: await secureSite('good'), ca_file: certificatePath('ca'), contains: 'safe' },
      checkContext(),
    );
    expect(found.status).toBe(0);
    expect(parsePerfdata(found.output).map(({ label }) => label)).toEqual([
      'time',
      'size',
      'dns',
      'connect',
      'tls',
      'first_byte',
    ]);
  });

  it.each<[CertificateName, { ca_file?: string }, RegExp]>([
    [
      'good',
      {},
      /is not accepted: .*certificate \(UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT_LOCALLY)\)/,
    ],
    ['expired', { ca_file: certificatePath('ca') }, /is not accepted: .*expired \(CERT_HAS_EXPIRED\)/],
    [
      'other',
      { ca_file: certificatePath('ca') },
      /is not accepted: .*other\.example.*\(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    ],
  ])('names what is wrong with the certificate "%s"', async (name, options, line) => {
    const url = await secureSite(name);
    const found = await http.run({ url, ...options }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toMatch(line);
    expect((await http.run({ url, ...options, insecure: true }, checkContext())).status).toBe(0);
  });

  it('takes the name to expect from "servername"', async () => {
    const url = await secureSite('other');
    const options = { url, ca_file: certificatePath('ca'), servername: 'other.example' };
    expect((await http.run(options, checkContext())).status).toBe(0);
  });

  it('says that the peer does not speak TLS', async () => {
    const url = await site((_request, response) => response.end());
    const found = await http.run({ url: url.replace('http:', 'https:') }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('no TLS connection with');
  });

  it('calls an authorities file that is missing our fault', async () => {
    const found = await http.run({ url: 'https://127.0.0.1:1', ca_file: '/nowhere.pem' }, checkContext());
    expect(found).toMatchObject({ status: 3, fault: 'ours' });
  });
});
