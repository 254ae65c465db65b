import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, TocsinError } from '../../runtime/errors.ts';
import { makeFolder } from '../../runtime/system/folder.ts';
import { type Invitation, isInvitation, JOIN_VARIABLE, readJoinCode } from './code.ts';

const FILE = 'join.json';
const ONLY_MINE = 0o600;

/**
 * The invitation that this agent has. One in the environment is taken from there, so that nothing that the agent runs
 * sees it, and kept in the data folder in the place of an older one; later starts find it there.
 *
 * @param environment of this process
 * @returns undefined when it was never invited
 * @throws TocsinError USAGE for a code that is none, CONFIG_INVALID when the folder or what is kept there cannot be used
 */
export function takeInvitation(folder: string, environment: NodeJS.ProcessEnv): Invitation | undefined {
  const code = environment[JOIN_VARIABLE];
  delete environment[JOIN_VARIABLE];
  if (code === undefined || code === '') return kept(join(folder, FILE));
  const invitation = readJoinCode(code);
  keep(folder, invitation);
  return invitation;
}

function keep(folder: string, invitation: Invitation): void {
  const next = join(folder, `${FILE}.${process.pid}`);
  try {
    makeFolder(folder);
    rmSync(next, { force: true });
    writeFileSync(next, `${JSON.stringify(invitation, null, 2)}\n`, { mode: ONLY_MINE, flag: 'wx' });
    renameSync(next, join(folder, FILE));
  } catch (error) {
    const message = `what ${JOIN_VARIABLE} holds cannot be kept in ${folder}: ${errorText(error)}. Name a folder that this user may write to with --data.`;
    throw new TocsinError('CONFIG_INVALID', message, { cause: error });
  }
}

function kept(path: string): Invitation | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged(path, errorText(error));
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isInvitation(value)) return value;
  } catch {
    // Told below.
  }
  throw damaged(path, 'it does not hold what this agent wrote');
}

function damaged(path: string, why: string): TocsinError {
  return new TocsinError(
    'CONFIG_INVALID',
    `${path} cannot be used: ${why}. Run "tocsin join" on the server again, and the line that it prints here.`,
  );
}
