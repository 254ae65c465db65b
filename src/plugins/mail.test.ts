import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate, certificatePath } from '../testing/certificates.ts';
import { ManualClock } from '../testing/clock.ts';
import { memoryLog } from '../testing/log.ts';
import { deadPort, peers } from '../testing/peers.ts';
import { type EventOverrides, handlerContext, sampleEvent } from '../testing/plugin-context.ts';
import { type SmtpScript, smtpServer } from '../testing/smtp-server.ts';
import { mail } from './mail.ts';
import { bodyOf, subjectOf } from './mail-text.ts';

const running = peers();
afterEach(() => running.close());

const addresses = { host: 'localhost', from: 'Tocsin <alerts@example.com>', to: 'ops@example.com' };
const event = sampleEvent();

async function smtp(script: SmtpScript = {}) {
  const { server, mails, lines } = smtpServer(script);
  return { port: await running.serve(server), mails, lines };
}

function header(text: string, name: string): string | undefined {
  const head = text.slice(0, text.indexOf('\n\n')).replace(/\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1];
}

describe('mail', () => {
  it('sends a mail that people can read', async () => {
    const { port, mails } = await smtp();
    const clock = new ManualClock(Date.parse('2026-11-21T10:05:00Z'));
    const to = ['ops@example.com', 'Boss <boss@example.com>'];
    const said = await mail.run(event, { ...addresses, to, port }, handlerContext({ clock }));
    expect(said).toBe(`localhost:${port} took the mail for 2 recipients`);
    expect(mails).toHaveLength(1);
    expect(mails[0]?.from).toContain('<alerts@example.com>');
    expect(mails[0]?.to).toEqual(['ops@example.com', 'boss@example.com']);
    const text = mails[0]?.text ?? '';
    expect(header(text, 'Subject')).toBe('CRITICAL: web-1/disk');
    expect(header(text, 'Date')).toBe('Sat, 21 Nov 2026 10:05:00 +0000');
    expect(header(text, 'Auto-Submitted')).toBe('auto-generated');
    expect(header(text, 'X-Tocsin-Delivery')).toBe('delivery-1');
    expect(text).toContain(
      'Client:      web-1 (10.0.0.9)\nCheck:       disk\nState:       CRITICAL (status 2)\n',
    );
    expect(text).toContain('DISK CRITICAL: /var is 93 % full');
    expect(clock.pending).toBe(0);
  });

  it('lets the mails of one event stand together', async () => {
    const { port, mails } = await smtp();
    const send = (deliveryId: string, changes: EventOverrides) =>
      mail.run(sampleEvent(changes), { ...addresses, port }, handlerContext({ deliveryId }));
    await send('1', {});
    await send('2', { action: 'resolve', check: { status: 0 } });
    await send('3', { id: 'another' });
    const [first = '', second = '', third = ''] = mails.map(({ text }) => text);
    expect(header(first, 'Message-ID')).toBe(`<${event.id}.1@example.com>`);
    expect(header(second, 'Message-ID')).toBe(`<${event.id}.2@example.com>`);
    expect(header(first, 'References')).toBe(`<${event.id}@example.com>`);
    expect(header(second, 'References')).toBe(header(first, 'References'));
    expect(header(second, 'In-Reply-To')).toBe(header(first, 'In-Reply-To'));
    expect(header(third, 'References')).not.toBe(header(first, 'References'));
    expect(header(second, 'Subject')).toBe('RESOLVED: web-1/disk');
  });

  it('sends what a mutator made of the event', async () => {
    const { port, mails } = await smtp();
    await mail.run(event, { ...addresses, port }, handlerContext({ data: 'just this' }));
    expect(mails[0]?.text).toMatch(/\n\njust this$/);
  });

  it('lets nothing from an event into the headers or the dialogue', async () => {
    const { port, mails, lines } = await smtp();
    const evil = 'x\r\nBcc: spy@example.com\r\n\r\n.\r\nMAIL FROM:<spy@example.com>';
    const hostile = sampleEvent({ id: evil, client: { name: evil }, check: { name: evil, output: evil } });
    const context = handlerContext({ data: JSON.stringify(hostile), deliveryId: evil });
    await mail.run(
      hostile,
      { ...addresses, port, subject: '{state} {output}\r\nBcc: spy@example.com' },
      context,
    );
    expect(mails).toHaveLength(1);
    expect(mails[0]?.to).toEqual(['ops@example.com']);
    expect(header(mails[0]?.text ?? '', 'Bcc')).toBeUndefined();
    expect(lines.filter((line) => line.startsWith('MAIL'))).toHaveLength(1);
  });

  it('logs in over TLS, from the first byte or after STARTTLS', async () => {
    const tls = certificate('good');
    const login = (credentials: string) => credentials === '\0ada\0pass-word';
    const own = { ca_file: certificatePath('ca'), user: 'ada', password: 'pass-word' };
    for (const secure of [true, false]) {
      const { port, mails, lines } = await smtp({ tls, login, secure });
      await mail.run(event, { ...addresses, ...own, port, secure }, handlerContext());
      expect(mails).toHaveLength(1);
      expect(lines.includes('STARTTLS')).toBe(!secure);
    }
  });

  it('does not log in where nobody can be trusted', async () => {
    const tls = certificate('good');
    const login = () => true;
    const plain = await smtp({ login });
    const own = { ...addresses, user: 'ada', password: 'pass-word' };
    await expect(mail.run(event, { ...own, port: plain.port }, handlerContext())).rejects.toThrow(
      'did not take the mail',
    );
    const unknown = await smtp({ tls, login });
    await expect(mail.run(event, { ...own, port: unknown.port }, handlerContext())).rejects.toThrow(
      /certificate/,
    );
    const wrongName = await smtp({ tls: certificate('other'), login });
    const trusting = { ...own, ca_file: certificatePath('ca'), port: wrongName.port };
    await expect(mail.run(event, trusting, handlerContext())).rejects.toThrow(/other\.example/);
    for (const { lines, mails } of [plain, unknown, wrongName]) {
      expect(lines.join(' ')).not.toMatch(/AUTH/);
      expect(mails).toHaveLength(0);
    }
    await mail.run(event, { ...own, port: plain.port, starttls: false }, handlerContext());
    await mail.run(event, { ...own, port: unknown.port, insecure: true }, handlerContext());
  });

  it('takes TLS that is offered, whoever offers it, when there is nothing to give away', async () => {
    const { port, lines } = await smtp({ tls: certificate('other') });
    await mail.run(event, { ...addresses, port }, handlerContext());
    expect(lines).toContain('STARTTLS');
  });

  it('fails when the login is refused, without the password', async () => {
    const { port } = await smtp({ login: () => false });
    const options = { ...addresses, port, user: 'ada', password: 'pass-word', starttls: false };
    const message = await mail
      .run(event, options, handlerContext())
      .then(String, (error: Error) => error.message);
    expect(message).toContain(`localhost:${port} did not take the mail`);
    expect(message).toContain('535');
    expect(message).not.toContain('pass-word');
  });

  it('fails when every recipient is refused, and tells of the ones that are when some are', async () => {
    const answer = (line: string) => (line.startsWith('RCPT TO:<no') ? '550 5.1.1 no such user' : undefined);
    const { port, mails } = await smtp({ answer });
    const nobody = { ...addresses, port, to: 'nobody@example.com' };
    await expect(mail.run(event, nobody, handlerContext())).rejects.toThrow('550 5.1.1 no such user');
    expect(mails).toHaveLength(0);
    const log = memoryLog();
    const some = { ...nobody, to: ['nobody@example.com', 'ops@example.com'] };
    expect(await mail.run(event, some, handlerContext({ log }))).toBe(
      `localhost:${port} took the mail for 1 recipients and refused nobody@example.com`,
    );
    expect(log.lines).toMatchObject([{ level: 'warn', fields: { rejected: ['nobody@example.com'] } }]);
  });

  it.each([
    ['greets with a refusal', '', '554 5.7.1 go away'],
    ['refuses the sender', 'MAIL', '550 5.7.1 not you'],
    ['refuses the data', 'DATA', '451 4.3.0 later'],
  ])('fails when the server %s', async (_what, verb, refusal) => {
    const answer = (line: string) => (line.split(/[ :]/, 1)[0] === verb ? refusal : undefined);
    const { port } = await smtp({ answer });
    await expect(mail.run(event, { ...addresses, port }, handlerContext())).rejects.toThrow(refusal.slice(4));
  });

  it('fails when nobody listens', async () => {
    const port = await deadPort();
    await expect(mail.run(event, { ...addresses, port }, handlerContext())).rejects.toThrow(
      `localhost:${port} refused the connection`,
    );
  });

  it('fails when the server closes the connection', async () => {
    const server = createServer((socket) => socket.end());
    const port = await running.serve(server);
    await expect(mail.run(event, { ...addresses, port }, handlerContext())).rejects.toThrow(
      'did not take the mail',
    );
  });

  it('fails when the server says nothing in time', async () => {
    const clock = new ManualClock();
    const server = createServer((socket) => socket.resume());
    const port = await running.serve(server);
    const sent = mail.run(event, { ...addresses, port }, handlerContext({ clock }));
    const failed = expect(sent).rejects.toThrow(/timed out after 10 s (talking to|waiting for) localhost/);
    await once(server, 'connection');
    await clock.advance(10_000);
    await failed;
    expect(clock.pending).toBe(0);
  });

  it('fails when the server falls silent in the middle', async () => {
    const stop = new AbortController();
    const answer = (line: string): string | undefined => {
      if (!line.startsWith('MAIL')) return undefined;
      stop.abort();
      return '';
    };
    const { port } = await smtp({ answer });
    const sent = mail.run(event, { ...addresses, port }, handlerContext({ signal: stop.signal }));
    await expect(sent).rejects.toThrow(`stopped talking to localhost:${port}`);
  });
});

describe('the text of a mail', () => {
  it.each<[EventOverrides, string]>([
    [{}, 'CRITICAL: web-1/disk'],
    [{ check: { status: 1 } }, 'WARNING: web-1/disk'],
    [{ check: { status: 127 } }, 'UNKNOWN: web-1/disk'],
    [{ action: 'flapping' }, 'FLAPPING: web-1/disk'],
    [{ action: 'resolve', check: { status: 0 } }, 'RESOLVED: web-1/disk'],
  ])('names the state of %j in its subject', (changes, subject) => {
    expect(subjectOf(sampleEvent(changes))).toBe(subject);
  });

  it('fills in the words it knows and leaves the others', () => {
    expect(subjectOf(event, '[{status}] {client} {check} x{occurrences} {who} {output}')).toBe(
      '[2] web-1 disk x2 {who} DISK CRITICAL: /var is 93 % full',
    );
    expect(subjectOf(event, '{constructor}')).toBe('{constructor}');
  });

  it('keeps every subject on one line of bounded length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (output) => {
        const subject = subjectOf(sampleEvent({ check: { output } }), '{output}');
        expect(subject).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        expect(subject.length).toBeLessThanOrEqual(201);
      }),
    );
  });

  it('tells times and what is unknown', () => {
    const text = bodyOf(
      sampleEvent({ last_ok: null, action: 'flapping', check: { total_state_change: 40 } }),
    );
    expect(text).toContain('Executed:    2026-11-21 07:19:11 UTC\n');
    expect(text).toContain('Last OK:     never\n');
    expect(text).toContain('Flaps:       40 % of its states changed\n');
    expect(text).toContain(`Event:       ${event.id}\n`);
  });

  it('cuts an output that is too long, and drops control characters', () => {
    const text = bodyOf(sampleEvent({ check: { output: `a\u0000b\tc\n${'x'.repeat(50_000)}` } }));
    expect(text).toContain('\n\nab\tc\nxxx');
    expect(text).toMatch(/x\n\[…\]\n$/);
    expect(text.length).toBeLessThan(21_000);
  });
});
