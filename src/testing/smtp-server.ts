import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** One mail as the server was told it. */
export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body, dots unstuffed, lines ended by `\n`. */
  text: string;
}

/** How a scripted server behaves; what is not given is done as a good server would. */
export interface SmtpScript {
  /** Offers STARTTLS, with this key and certificate. */
  tls?: { key: string; cert: string };
  /** Speaks TLS from the first byte, with `tls`. */
  secure?: boolean;
  /** Offers AUTH PLAIN and takes what this returns true for. */
  login?(credentials: string): boolean;
  /** Answers of its own to a command line; undefined: the usual one. */
  answer?(line: string): string | undefined;
}

/** A small SMTP server (RFC 5321) that does what a test's script says, and keeps the mails it took. */
export function smtpServer(script: SmtpScript = {}): {
  server: Server;
  mails: ReceivedMail[];
  lines: string[];
} {
  const mails: ReceivedMail[] = [];
  const lines: string[] = [];
  const server = createServer((socket) => {
    const stream =
      script.secure && script.tls ? new TLSSocket(socket, { isServer: true, ...script.tls }) : socket;
    socket.on('error', () => {});
    new Session(stream, script, mails, lines).greet();
  });
  return { server, mails, lines };
}

class Session {
  #socket: Socket;
  readonly #script: SmtpScript;
  readonly #mails: ReceivedMail[];
  readonly #lines: string[];
  #buffer = '';
  #mail: ReceivedMail = { from: '', to: [], text: '' };
  #inData = false;

  constructor(socket: Socket, script: SmtpScript, mails: ReceivedMail[], lines: string[]) {
    this.#socket = socket;
    this.#script = script;
    this.#mails = mails;
    this.#lines = lines;
    this.#listen(socket);
  }

  greet(): void {
    this.#say(this.#script.answer?.('') ?? '220 test.example ESMTP');
  }

  #listen(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#hear(String(chunk)));
  }

  #say(line: string): void {
    if (line !== '') this.#socket.write(`${line}\r\n`);
  }

  #hear(text: string): void {
    this.#buffer += text;
    for (let end = this.#end(); end >= 0; end = this.#end()) {
      const part = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + (this.#inData ? 5 : 2));
      if (this.#inData) this.#take(part);
      else this.#obey(part);
    }
  }

  #end(): number {
    return this.#buffer.indexOf(this.#inData ? '\r\n.\r\n' : '\r\n');
  }

  #take(data: string): void {
    this.#inData = false;
    this.#mails.push({ ...this.#mail, text: data.replaceAll('\r\n', '\n').replace(/^\.\./gm, '.') });
    this.#say('250 2.0.0 taken');
  }

  #obey(line: string): void {
    this.#lines.push(line);
    const verb = line.split(/[ :]/, 1)[0]?.toUpperCase() ?? '';
    const own = this.#script.answer?.(line);
    this.#say(own ?? this.#reply(verb, line));
    if (own === undefined && verb === 'STARTTLS') this.#upgrade();
  }

  #reply(verb: string, line: string): string {
    if (verb === 'EHLO') return this.#abilities();
    if (verb === 'STARTTLS') return '220 2.0.0 begin';
    if (verb === 'AUTH') return this.#logIn(line);
    if (verb === 'MAIL') this.#mail = { from: line, to: [], text: '' };
    if (verb === 'RCPT') this.#mail.to.push(line.replace(/^.*<(.*)>.*$/, '$1'));
    if (verb === 'DATA') this.#inData = true;
    return verb === 'DATA' ? '354 go on' : '250 2.0.0 fine';
  }

  #abilities(): string {
    const offersTls = this.#script.tls !== undefined && !(this.#socket instanceof TLSSocket);
    const lines = [
      'test.example',
      ...(offersTls ? ['STARTTLS'] : []),
      ...(this.#script.login ? ['AUTH PLAIN'] : []),
    ];
    return lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n');
  }

  #logIn(line: string): string {
    const credentials = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8');
    return this.#script.login?.(credentials) ? '235 2.7.0 welcome' : `535 5.7.8 refused: ${credentials}`;
  }

  #upgrade(): void {
    this.#socket.removeAllListeners('data');
    this.#socket = new TLSSocket(this.#socket, { isServer: true, ...this.#script.tls });
    this.#listen(this.#socket);
  }
}
