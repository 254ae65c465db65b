import type { CommandLine } from '../../spawner.ts';
import { SHELL } from './way.ts';

/**
 * Longest command with its variables, in bytes, that a co-process is asked to run. Linux refuses a single argument
 * of 128 KiB; a longer one goes to the kernel directly, which then says so.
 */
const LONGEST_BYTES = 96 * 1024;

/** Variables that steer the shell that runs the command line, or that it would not let us assign. */
const SHELL_OWN =
  /^(PATH|IFS|ENV|OPTIND|PPID|UID|EUID|GROUPS|LINENO|SHELLOPTS|POSIXLY_CORRECT|(BASH|MAIL|HIST).*)$/;
const ASSIGNABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One word for `sh`, whatever it holds, NUL apart (POSIX.1-2017, Shell Command Language 2.2.2). */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Why no shell can be given this line; undefined when one can. */
export function refusal(line: CommandLine): string | undefined {
  if (line.command.includes('\0')) return 'the command contains a NUL character';
  for (const [name, value] of Object.entries(line.env ?? {})) {
    if (name === '' || name.includes('=') || name.includes('\0') || value.includes('\0')) {
      return `the environment variable ${JSON.stringify(name)} cannot be set`;
    }
  }
  return undefined;
}

/** Whether a co-process can run it exactly as a shell of its own would. */
export function fitsCoProcess(line: CommandLine): boolean {
  let bytes = Buffer.byteLength(line.command);
  for (const [name, value] of Object.entries(line.env ?? {})) {
    if (!ASSIGNABLE.test(name) || SHELL_OWN.test(name)) return false;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes <= LONGEST_BYTES;
}

/**
 * What a co-process is told: run the command with these files, then say `<nonce> <status>`. The files are opened in a
 * process of its own, because a shell that opens them itself also writes its message about a signal there.
 */
export function script(line: CommandLine, files: { stdin: string; output: string }, nonce: string): string {
  let assignments = '';
  for (const [name, value] of Object.entries(line.env ?? {})) assignments += `${name}=${quote(value)} `;
  const redirections = `<${quote(files.stdin)} >${quote(files.output)} 2>&1`;
  return `(${assignments}exec ${SHELL} -c ${quote(line.command)} sh) ${redirections}\nprintf '%s\\n' "${nonce} $?"\n`;
}
