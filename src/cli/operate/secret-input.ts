import { TocsinError } from '../../runtime/errors.ts';

const ENTER = new Set(['\r', '\n', '\u0004']);
const ERASE = new Set(['\u007f', '\b']);
const INTERRUPT = '\u0003';
const LONGEST = 4_096;

/**
 * A secret that is typed without being shown, or the first line of standard input where that is no terminal: the command
 * line would tell it to everybody who lists processes.
 * @param asked what stands before the cursor
 * @throws TocsinError USAGE when nothing comes
 */
export async function readSecret(asked: string): Promise<string> {
  const { stdin } = process;
  const secret = stdin.isTTY ? await typed(asked) : await firstLine(stdin);
  if (secret === '') throw new TocsinError('USAGE', 'no password came on standard input');
  return secret;
}

/** As `readSecret`, typed twice on a terminal. */
export async function readNewSecret(): Promise<string> {
  const secret = await readSecret('Password: ');
  if (process.stdin.isTTY && (await readSecret('Once more: ')) !== secret) {
    throw new TocsinError('USAGE', 'the two passwords differ');
  }
  return secret;
}

async function firstLine(input: AsyncIterable<Buffer | string>): Promise<string> {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.includes('\n') || text.length > LONGEST) break;
  }
  return (text.split('\n', 1)[0] ?? '').replace(/\r$/, '');
}

/** Reads key by key, so that nothing is shown. */
function typed(asked: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(asked);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.resume();
  return new Promise((resolve, reject) => {
    let line: Line = { text: '', end: undefined };
    const take = (keys: string): void => {
      line = [...keys].reduce(afterKey, line);
      if (line.end === undefined) return;
      stdin.off('data', take);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      if (line.end === 'enter') resolve(line.text);
      else reject(new TocsinError('USAGE', 'interrupted; nothing was done'));
    };
    stdin.on('data', take);
  });
}

/** What was typed so far, and how it ended. */
export interface Line {
  text: string;
  end: 'enter' | 'interrupt' | undefined;
}

/** A line after one more key; keys behind its end do not count. */
export function afterKey(line: Line, key: string): Line {
  if (line.end !== undefined) return line;
  if (key === INTERRUPT) return { ...line, end: 'interrupt' };
  if (ENTER.has(key)) return { ...line, end: 'enter' };
  if (ERASE.has(key)) return { ...line, text: [...line.text].slice(0, -1).join('') };
  return line.text.length < LONGEST ? { ...line, text: line.text + key } : line;
}
