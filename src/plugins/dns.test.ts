import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type Answer, type DecodedPacket, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/clock.ts';
import { peers } from '../testing/peers.ts';
import { checkContext } from '../testing/plugin-context.ts';
import { dns } from './dns.ts';

const running = peers();
afterEach(() => running.close());

type Send = (answer: Buffer) => void;

/** A name server over UDP that does with each question what it is told. */
function nameServer(answer: (question: DecodedPacket, send: Send) => void): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }: RemoteInfo) =>
    answer(decode(message), (packet) => socket.send(packet, port, address)),
  );
  return running.bind(socket);
}

function response(question: DecodedPacket, changes: Packet = {}): Buffer {
  const { id = 0, questions = [] } = question;
  return encode({ type: 'response', id, questions, ...changes });
}

const answering = (answers: Answer[]) =>
  nameServer((question, send) => send(response(question, { answers })));

function run(port: number, options: object = {}, context = checkContext()) {
  return dns.run({ name: 'www.example.com', server: '127.0.0.1', port, ...options }, context);
}

const name = 'www.example.com';
const addresses: Answer[] = [
  { type: 'CNAME', name, data: 'web.example.com' },
  { type: 'A', name: 'web.example.com', ttl: 300, data: '192.0.2.1' },
  { type: 'A', name: 'web.example.com', ttl: 300, data: '192.0.2.2' },
];

describe('dns', () => {
  it('tells the records and the time', async () => {
    const port = await answering(addresses);
    const { status, output } = await run(port, { warning: 20 });
    expect(status).toBe(0);
    expect(output).toMatch(
      /^DNS OK: www\.example\.com A is 192\.0\.2\.1, 192\.0\.2\.2 in \d\.\d{3} s \| 'time'=[\d.]+s;20 'answers'=2$/,
    );
  });

  it.each<[Answer, string]>([
    [{ type: 'AAAA', name, data: '2001:db8::1' }, '2001:db8::1'],
    [{ type: 'CNAME', name, data: 'web.example.com' }, 'web.example.com'],
    [{ type: 'MX', name, data: { preference: 10, exchange: 'mail.example.com' } }, '10 mail.example.com'],
    [{ type: 'NS', name, data: 'ns1.example.com' }, 'ns1.example.com'],
    [{ type: 'PTR', name, data: 'host.example.com' }, 'host.example.com'],
    [{ type: 'TXT', name, data: ['v=spf1 ', '-all'] }, 'v=spf1 -all'],
    [
      { type: 'SRV', name, data: { priority: 1, weight: 5, port: 443, target: 'web.example.com' } },
      '1 5 443 web.example.com',
    ],
    [
      {
        type: 'SOA',
        name,
        data: {
          mname: 'ns1.example.com',
          rname: 'admin.example.com',
          serial: 7,
          refresh: 1,
          retry: 2,
          expire: 3,
          minimum: 4,
        },
      },
      'ns1.example.com admin.example.com 7 1 2 3 4',
    ],
    [{ type: 'CAA', name, data: { flags: 0, tag: 'issue', value: 'ca.example' } }, '0 issue "ca.example"'],
  ])('reads %j', async (record, value) => {
    const found = await run(await answering([record]), { type: record.type, expected: [value], exact: true });
    expect(found.output).toContain(`DNS OK: ${name} ${record.type} is ${value} in`);
  });

  it('compares with what is expected', async () => {
    const port = await answering([
      { type: 'NS', name, data: 'NS1.example.com' },
      { type: 'NS', name, data: 'ns2.example.com' },
    ]);
    const look = (options: object) => run(port, { type: 'NS', ...options });
    expect((await look({ expected: ['ns1.example.com.'] })).status).toBe(0);
    expect(await look({ expected: ['ns3.example.com'] })).toMatchObject({
      status: 2,
      fault: 'target',
      output: expect.stringMatching(/^DNS CRITICAL: missing ns3\.example\.com: www\.example\.com NS is NS1/),
    });
    const surplus = await look({ expected: ['ns1.example.com'], exact: true });
    expect(surplus.output).toMatch(/^DNS CRITICAL: unexpected ns2\.example\.com:/);
  });

  it('judges the time', async () => {
    expect((await run(await answering(addresses), { warning: '@0:60' })).status).toBe(1);
  });

  it.each([
    [3, 'NXDOMAIN'],
    [2, 'SERVFAIL'],
    [5, 'REFUSED'],
    [9, 'error 9'],
  ])('calls the response code %i by its name', async (flags, word) => {
    const port = await nameServer((question, send) => send(response(question, { flags })));
    const found = await run(port);
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toMatch(`DNS CRITICAL: www.example.com A: ${word} |`);
  });

  it('understands a refusal that does not repeat the question', async () => {
    const port = await nameServer((question, send) => send(response(question, { flags: 1, questions: [] })));
    expect((await run(port)).output).toContain('FORMERR');
  });

  it('is critical when there is no such record', async () => {
    const found = await run(await answering(addresses), { type: 'MX' });
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('MX: no such record');
  });

  it('ignores answers to other questions', async () => {
    const stray: Answer[] = [{ type: 'A', name, data: '203.0.113.66' }];
    const port = await nameServer((question, send) => {
      const [asked] = question.questions ?? [];
      send(Buffer.from('x'));
      send(response(question, { id: ((question.id ?? 0) + 1) % 65_536, answers: stray }));
      send(response(question, { questions: [{ type: 'A', name: 'other.example' }], answers: stray }));
      send(response(question, { questions: [{ type: 'AAAA', name: asked?.name ?? '' }], answers: stray }));
      send(response(question, { questions: [], answers: stray }));
      send(response(question, { type: 'query', answers: stray }));
      send(response(question, { answers: addresses }));
    });
    const found = await run(port);
    expect(found.status).toBe(0);
    expect(found.output).not.toContain('203.0.113.66');
  });

  it('ignores answers from another address', async () => {
    const stranger = createSocket('udp4');
    await running.bind(stranger);
    const socket = createSocket('udp4');
    socket.on('message', (message, { port, address }) => {
      const question = decode(message);
      const forged = response(question, { answers: [{ type: 'A', name, data: '203.0.113.66' }] });
      stranger.send(forged, port, address, () =>
        socket.send(response(question, { answers: addresses }), port, address),
      );
    });
    const found = await run(await running.bind(socket));
    expect(found.output).toContain('192.0.2.1');
    expect(found.output).not.toContain('203.0.113.66');
  });

  it('blames the target for an answer that can not be read', async () => {
    const port = await nameServer((question, send) =>
      send(response(question, { answers: addresses }).subarray(0, 40)),
    );
    const found = await run(port);
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('can not be read');
  });

  it('sends a question that was lost again', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const socket = createSocket('udp4');
    socket.on('message', (message, { port, address }) => {
      asked += 1;
      if (asked > 1) socket.send(response(decode(message), { answers: addresses }), port, address);
    });
    const port = await running.bind(socket);
    const found = run(port, {}, checkContext({ clock }));
    await once(socket, 'message');
    await clock.advance(2_000);
    expect((await found).status).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('gives up on a server that never answers', async () => {
    const clock = new ManualClock();
    const socket = createSocket('udp4');
    const port = await running.bind(socket);
    const found = run(port, { timeout: 1 }, checkContext({ clock }));
    await once(socket, 'message');
    await clock.advance(1_000);
    expect(await found).toMatchObject({ status: 2, fault: 'network' });
    expect((await found).output).toContain('timed out after 1 s waiting for 127.0.0.1:');
    expect(clock.pending).toBe(0);
  });

  it('says that nobody listens', async () => {
    const unbound = createSocket('udp4');
    const other = peers();
    const port = await other.bind(unbound);
    await other.close();
    const found = await run(port);
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toContain('refused the connection');
  });
});

describe('dns over TCP', () => {
  /** A server that truncates over UDP and lets `talk` answer over TCP, at the same port. */
  async function truncating(talk: (question: Buffer, socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (question) => talk(question, socket));
    });
    const port = await running.serve(server);
    const udp = createSocket('udp4');
    udp.on('message', (message, { port: from, address }) =>
      udp.send(response(decode(message), { flags: TRUNCATED_RESPONSE }), from, address),
    );
    await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
    server.on('close', () => udp.close());
    return port;
  }

  function framed(packet: Buffer): Buffer {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    return Buffer.concat([length, packet]);
  }

  it('asks again when the answer was truncated', async () => {
    const many = Array.from(
      { length: 60 },
      (_, last): Answer => ({ type: 'A', name, data: `192.0.2.${last}` }),
    );
    const port = await truncating((question, socket) => {
      const whole = framed(response(decode(question.subarray(2)), { answers: many }));
      socket.write(whole.subarray(0, 1));
      setImmediate(() => socket.write(whole.subarray(1, 700), () => socket.write(whole.subarray(700))));
    });
    const found = await run(port);
    expect(found.status).toBe(0);
    expect(found.output).toContain("'answers'=60");
  });

  it.each<[string, (question: Buffer, socket: Socket) => void, RegExp]>([
    ['ends the connection', (_question, socket) => socket.end(), /closed the connection/],
    [
      'answers another question',
      (question, socket) =>
        socket.end(framed(response(decode(question.subarray(2)), { questions: [{ type: 'A', name: 'x' }] }))),
      /answered another question/,
    ],
    [
      'answers nonsense',
      (question, socket) =>
        socket.end(framed(Buffer.concat([question.subarray(2, 4), Buffer.alloc(20, 255)]))),
      /can not be read/,
    ],
  ])('blames a server that then %s', async (_what, talk, line) => {
    const found = await run(await truncating(talk));
    expect(found).toMatchObject({ status: 2, fault: 'target' });
    expect(found.output).toMatch(line);
  });
});
