import { opendir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  BYTES,
  type CheckContext,
  type CheckOutcome,
  defineCheck,
  errorText,
  type PerfdataItem,
  rangeOption,
  readThresholds,
  type Static,
  statusFor,
  Type,
} from '../plugin.ts';
import { bytesText, secondsText } from './amounts.ts';
import { attempt, Failure, found } from './outcome.ts';
import { patiently, SILENCE } from './patience.ts';
import { fitsPattern } from './pattern.ts';
import { isForbidden, isGone } from './proc.ts';
import { endedBy } from './time-limit.ts';

/** An hour more than one day and than two, for what is written daily. */
const WARNING_SECONDS = 90_000;
const CRITICAL_SECONDS = 176_400;
const TIMEOUT_SECONDS = 5;
/** Most entries of a folder that are looked at. */
const MOST_ENTRIES = 100_000;
/** How far the clock that dated the file may be ahead of ours. */
const SKEW_SECONDS = 60;
const MISSING = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

const options = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: 4096,
      expected: 'the path of a file, "*" allowed behind the last "/"',
      description: 'The file; of several that fit, the newest.',
    }),
    warning: Type.Optional(
      rangeOption('a range of seconds', 'Age without a warning. Default: 90000 (25 hours).'),
    ),
    critical: Type.Optional(
      rangeOption('a range of seconds', 'Age not critical. Default: 176400 (49 hours).'),
    ),
    size: Type.Optional(
      Type.Object(
        {
          warning: Type.Optional(rangeOption('a range of bytes such as "1KiB:"', 'Size without a warning.')),
          critical: Type.Optional(rangeOption('a range of bytes such as "1:"', 'Size that is not critical.')),
        },
        { additionalProperties: false, expected: 'an object with "warning" and "critical"' },
      ),
    ),
    missing: Type.Optional(
      Type.Union(
        [Type.Literal('ok'), Type.Literal('warning'), Type.Literal('critical'), Type.Literal('unknown')],
        {
          expected: '"ok", "warning", "critical" or "unknown"',
          description: 'What it is when there is no such file. Default: critical.',
        },
      ),
    ),
  },
  { additionalProperties: false, expected: 'an object with "path"' },
);
type Options = Static<typeof options>;

/** A file that was found. */
export interface FoundFile {
  path: string;
  /** Unix milliseconds of the last change of its content. */
  modifiedMs: number;
  sizeBytes: number;
}

/** Checks how long ago a file was last written, and how large it is. */
export const fileAge = defineCheck({
  name: 'file_age',
  options,
  run: (written, context) =>
    attempt('FILE AGE', async () => {
      const subject = `the file ${written.path}`;
      const file = await patiently(
        subject,
        () => newest(written.path, context),
        context,
        TIMEOUT_SECONDS * 1000,
      );
      if (file === SILENCE)
        throw new Failure('target', `${subject} is not told of within ${TIMEOUT_SECONDS} s`);
      return file ? outcomeOf(file, written, context.clock.now()) : missing(written);
    }),
});

/** What the age and size of a file mean by these options. */
export function outcomeOf(file: FoundFile, written: Options, nowMs: number): CheckOutcome {
  const { warning = WARNING_SECONDS, critical = CRITICAL_SECONDS } = written;
  const age = Math.trunc((nowMs - file.modifiedMs) / 1000);
  const items: PerfdataItem[] = [
    {
      label: 'age',
      value: age < 0 && age >= -SKEW_SECONDS ? 0 : age,
      unit: 's',
      ...readThresholds({ warning, critical }),
    },
    { label: 'size', value: file.sizeBytes, unit: 'B', ...readThresholds(written.size ?? {}, BYTES), min: 0 },
  ];
  const status = Math.max(...items.map((item) => statusFor(item.value ?? Number.NaN, item)));
  const when =
    age < -SKEW_SECONDS ? `dated ${secondsText(-age)} in the future` : `written ${secondsText(age)} ago`;
  return found('FILE AGE', status, `${file.path} ${when}, ${bytesText(file.sizeBytes)}`, items);
}

/** The file that fits, the newest of several; undefined when there is none. */
async function newest(path: string, { signal }: CheckContext): Promise<FoundFile | undefined> {
  const folder = dirname(path);
  const pattern = basename(path);
  if (folder.includes('*')) throw new Failure('ours', `${path}: "*" is allowed behind the last "/" only`);
  try {
    if (!pattern.includes('*')) return await fileAt(path);
    return await newestIn(folder, pattern, signal);
  } catch (error) {
    if (isGone(error)) return undefined;
    if (error instanceof Failure) throw error;
    throw new Failure(isForbidden(error) ? 'ours' : 'target', `cannot look at ${path}: ${errorText(error)}`);
  }
}

async function newestIn(
  folder: string,
  pattern: string,
  signal: AbortSignal,
): Promise<FoundFile | undefined> {
  let best: FoundFile | undefined;
  let entries = 0;
  for await (const { name } of await opendir(folder)) {
    if (signal.aborted) throw endedBy(signal, `looking through ${folder}`, 'ours');
    if (++entries > MOST_ENTRIES) {
      throw new Failure('ours', `${folder} has more than ${MOST_ENTRIES} entries; look at a smaller folder`);
    }
    if (!fitsPattern(pattern, name) || (name.startsWith('.') && !pattern.startsWith('.'))) continue;
    const file = await fileAt(join(folder, name)).catch(ignoreGone);
    if (file && file.modifiedMs > (best?.modifiedMs ?? -Infinity)) best = file;
  }
  return best;
}

/** Undefined for what is no regular file. */
async function fileAt(path: string): Promise<FoundFile | undefined> {
  const stats = await stat(path);
  return stats.isFile() ? { path, modifiedMs: stats.mtimeMs, sizeBytes: stats.size } : undefined;
}

/** A file may be removed between the listing and the look, and a link may lead nowhere. */
function ignoreGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}

function missing(written: Options): CheckOutcome {
  const what = basename(written.path).includes('*') ? 'no file fits' : 'there is no file';
  return found('FILE AGE', MISSING[written.missing ?? 'critical'], `${what} ${written.path}`);
}
