import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { parsePerfdata } from '../plugin.ts';
import { certificate, certificatePath } from '../testing/certificates.ts';
import { ManualClock } from '../testing/clock.ts';
import { deadPort, peers } from '../testing/peers.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { tcp } from './tcp.ts';

const host = '127.0.0.1';
const running = peers();
afterEach(() => running.close());

function service(talk: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
    talk(socket);
  });
  return running.serve(server);
}

describe('tcp', () => {
  it('connects', async () => {
    const port = await service(() => {});
    const { status, output } = await tcp.run({ host, port, critical: 20 }, checkContext());
    expect(status).toBe(0);
    expect(output).toMatch(
      /^TCP OK: 127\.0\.0\.1:\d+ answered in \d\.\d{3} s \| 'time'=[\d.]+s;;20 'connect'=/,
    );
  });

  it('judges the time', async () => {
    const port = await service(() => {});
    expect(await tcp.run({ host, port, critical: '@0:60' }, checkContext())).toMatchObject({
      status: 2,
      fault: 'target',
    });
  });

  it('sends a text and waits for another, which may come in pieces', async () => {
    const port = await service((socket) => {
      socket.write('220 mail.example ES');
      socket.on('data', (chunk) =>
        socket.write(String(chunk) === 'QUIT\r\n' ? 'MTP\r\n221 bye | x\r\n' : 'no'),
      );
    });
    const found = await tcp.run({ host, port, send: 'QUIT\r\n', expect: 'ESMTP\r\n221 bye' }, checkContext());
    expect(found.status).toBe(0);
    expect(found.output).toMatch(/, it said "220 mail\.example ESMTP 221 bye \/ x" \|/);
  });

  it('gets a text through when nothing is expected', async () => {
    let heard = '';
    const server = createServer((socket) => {
      socket.on('data', (chunk) => {
        heard += String(chunk);
      });
    });
    const port = await running.serve(server);
    expect((await tcp.run({ host, port, send: 'a line\n' }, checkContext())).status).toBe(0);
    await running.close();
    expect(heard).toBe('a line\n');
  });

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['closes', (socket) => socket.end('busy\n'), /closed without "ready", it said "busy"/],
    ['closes at once', (socket) => socket.end(), /closed without "ready", it said nothing/],
    ['never ends', (socket) => void socket.write('x'.repeat(200_000)), /sent 65536 bytes without "ready"/],
    ['resets', (socket) => void socket.resetAndDestroy(), /broke off the connection/],
  ])('blames a target that %s', async (_what, talk, line) => {
    const found = await tcp.run({ host, port: await service(talk), expect: 'ready' }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toMatch(line);
  });

  it('says that the connection was refused', async () => {
    const found = await tcp.run({ host, port: await deadPort() }, checkContext());
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('refused the connection');
  });

  it('blames the target when it says nothing in time', async () => {
    const clock = new ManualClock();
    const server = createServer();
    const port = await running.serve(server);
    const found = tcp.run(
      { host, port, send: 'hello', expect: 'ready', timeout: 3 },
      checkContext({ clock }),
    );
    const [socket] = (await once(server, 'connection')) as [Socket];
    await once(socket, 'data');
    await clock.advance(3_000);
    expect(await found).toMatchObject({ status: 2, fault: 'target' });
    expect((await found).output).toContain('timed out after 3 s waiting for');
  });

  it('blames the network when the time of the check ends before it is connected', async () => {
    const limit = new AbortController();
    const port = await service(() => {});
    const found = tcp.run({ host, port }, checkContext({ signal: limit.signal }));
    limit.abort(new DOMException('the check took too long', 'TimeoutError'));
    expect(await found).toMatchObject({ status: 2, fault: 'network' });
    expect((await found).output).toBe(`TCP CRITICAL: timed out connecting to 127.0.0.1:${port}`);
  });

  it('speaks TLS', async () => {
    const server = createSecureServer(certificate('good'), (socket) => socket.end('ready'));
    const port = await running.serve(server);
    const options = { host: 'localhost', port, tls: true, expect: 'ready', ca_file: certificatePath('ca') };
    const found = await tcp.run(options, checkContext());
    expect(found.status).toBe(0);
    expect(parsePerfdata(found.output).map(({ label }) => label)).toEqual(['time', 'dns', 'connect', 'tls']);
    const wrongName = await tcp.run({ ...options, servername: 'other.example' }, checkContext());
    expect(wrongName).toMatchObject({ status: 2, fault: 'target' });
    expect(wrongName.output).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('blames a target that does not go on with the handshake', async () => {
    const clock = new ManualClock();
    const server = createServer();
    const port = await running.serve(server);
    const found = tcp.run({ host, port, tls: true }, checkContext({ clock }));
    const [socket] = (await once(server, 'connection')) as [Socket];
    await once(socket, 'data');
    await clock.advance(10_000);
    expect(await found).toMatchObject({ status: 2, fault: 'target' });
    expect((await found).output).toContain('in the TLS handshake with');
  });
});
