import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createRawServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate, certificatePath } from '../testing/certificates.ts';
import { ManualClock } from '../testing/clock.ts';
import { deadPort, peers } from '../testing/peers.ts';
import { handlerContext, sampleEvent } from '../testing/plugin-context.ts';
import { webhook } from './webhook.ts';

const running = peers();
afterEach(() => running.close());

type Answer = (body: string, request: IncomingMessage, response: ServerResponse) => void;

async function receiver(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => answer(body, request, response));
  });
  return `127.0.0.1:${await running.serve(server)}`;
}

const event = sampleEvent();

describe('webhook', () => {
  it('posts what it was given', async () => {
    let seen: IncomingMessage | undefined;
    let heard = '';
    const at = await receiver((body, request, response) => {
      seen = request;
      heard = body;
      response.writeHead(202).end();
    });
    const headers = { Authorization: 'Bearer key', 'x-tocsin-delivery': 'mine' };
    const said = await webhook.run(event, { url: `http://${at}/hook?a=b`, headers }, handlerContext());
    expect(said).toBe(`${at} answered 202`);
    expect(JSON.parse(heard)).toEqual(event);
    expect(seen).toMatchObject({ method: 'POST', url: '/hook?a=b' });
    expect(seen?.headers).toMatchObject({
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(heard)),
      authorization: 'Bearer key',
      'x-tocsin-delivery': 'delivery-1',
    });
  });

  it('uses another method, type and the credentials of the URL', async () => {
    let seen: IncomingMessage | undefined;
    const at = await receiver((_body, request, response) => {
      seen = request;
      response.end();
    });
    const options = {
      url: `http://ada:en%21gine@${at}/`,
      method: 'PUT',
      headers: { 'Content-Type': 'text/plain' },
    };
    await webhook.run(event, options, handlerContext({ data: 'text' }));
    expect(seen?.method).toBe('PUT');
    expect(seen?.headers).toMatchObject({
      'content-type': 'text/plain',
      authorization: `Basic ${Buffer.from('ada:en!gine').toString('base64')}`,
    });
  });

  it.each([199 + 101, 404, 500])('fails on the answer %i', async (status) => {
    const at = await receiver((_body, _request, response) => {
      response.writeHead(status, { location: '/elsewhere' });
      response.end(`no\n${'x'.repeat(100_000)}`);
    });
    const sent = webhook.run(event, { url: `http://${at}/` }, handlerContext());
    await expect(sent).rejects.toThrow(`${at} answered ${status}: no xxx`);
    const message = await sent.catch((error: Error) => error.message);
    expect(message.length).toBeLessThan(400);
  });

  it('tells no secrets that the answer repeats', async () => {
    const at = await receiver((body, request, response) => {
      response.statusCode = 403;
      response.end(`${request.url} ${JSON.stringify(request.headers)} ${body}`);
    });
    const options = {
      url: `http://ada:pass-word@${at}/key-in-path?key-in-query=1`,
      headers: { 'x-key': 'key-in-header' },
    };
    const message = await webhook
      .run(event, options, handlerContext({ data: '' }))
      .then(String, (error: Error) => error.message);
    expect(message).toContain(`${at} answered 403: REDACTED`);
    expect(message).not.toMatch(/key-in|pass-word/);
    expect(message).not.toContain(Buffer.from('ada:pass-word').toString('base64'));
  });

  it.each(['http://:pass-word@', 'http://ada:100%@127.0.0.1:1/'])('survives the URL %s', async (url) => {
    const message = await webhook
      .run(event, { url }, handlerContext())
      .then(String, (error: Error) => error.message);
    expect(message).not.toContain('pass-word');
    expect(message).toMatch(/is not a URL|refused/);
  });

  it('fails when the connection is refused', async () => {
    const port = await deadPort();
    await expect(webhook.run(event, { url: `http://127.0.0.1:${port}/` }, handlerContext())).rejects.toThrow(
      `127.0.0.1:${port} refused the connection`,
    );
  });

  it('fails when there is no answer in time', async () => {
    const clock = new ManualClock();
    const server = createRawServer();
    const port = await running.serve(server);
    const sent = webhook.run(event, { url: `http://127.0.0.1:${port}/` }, handlerContext({ clock }));
    const failed = expect(sent).rejects.toThrow('timed out after 10 s waiting for');
    const [socket] = await once(server, 'connection');
    await once(socket, 'data');
    await clock.advance(10_000);
    await failed;
  });

  it('verifies certificates unless told otherwise', async () => {
    const server = createSecureServer(certificate('good'), (_request, response) => response.end());
    server.on('tlsClientError', () => {});
    const url = `https://localhost:${await running.serve(server)}/`;
    await expect(webhook.run(event, { url }, handlerContext())).rejects.toThrow('is not accepted');
    await webhook.run(event, { url, insecure: true }, handlerContext());
    await webhook.run(event, { url, ca_file: certificatePath('ca') }, handlerContext());
  });
});
