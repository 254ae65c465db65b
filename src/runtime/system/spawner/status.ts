const SIGINT = 2;

/**
 * Reads what a co-process says: messages of its own, and status lines `<nonce> <number>`.
 * Keeps an unfinished line, and the last message before the next status.
 */
export class StatusReader {
  #text = '';

  /** The status of the command with this nonce, once it is there. */
  read(text: string, nonce: string): number | undefined {
    this.#text += text;
    const mark = `${nonce} `;
    const at = this.#text.indexOf(mark);
    const end = at < 0 ? -1 : this.#text.indexOf('\n', at);
    if (end < 0) return undefined;
    const reported = Number(this.#text.slice(at + mark.length, end));
    const message = this.#text.slice(0, at).trim();
    this.#text = this.#text.slice(end + 1);
    return endStatus(reported, message);
  }
}

/**
 * The status of a command from what the shell reports. A shell reports 128 + n for a signal n and for a command that
 * said `exit 128+n`, but writes a message ("Killed") only for a signal. For SIGINT and SIGPIPE it writes none: 130 is
 * taken for SIGINT, 141 for an exit code, as a pipeline with `pipefail` has it.
 */
export function endStatus(reported: number, message: string): number {
  const signal = reported - 128;
  if (signal <= 0 || signal > 64) return reported;
  return message !== '' || signal === SIGINT ? signal : reported;
}
