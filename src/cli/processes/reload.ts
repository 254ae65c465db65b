import type { ConfigProblem, LoadedSettings, Settings } from '../../config/index.ts';
import { sameValue } from '../../model/attributes.ts';
import type { Plugin } from '../../plugin.ts';
import { errorText } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type Finding, findingOf } from './finding.ts';
import { withoutRestart } from './restart.ts';

export interface ReloadParts {
  /** What is in force at the beginning. */
  settings: Settings;
  load(): Promise<LoadedSettings>;
  /** Puts new settings in force, in every part. */
  apply(settings: Settings, plugins: ReadonlyMap<string, Plugin>): Promise<void>;
  /** Called with what is in force after each reload that found no mistake, changed or not: files may be new. */
  renew?: ((settings: Settings) => void) | undefined;
  report(finding: Finding): Promise<void>;
  log: Log;
}

/**
 * Reads the configuration again while everything runs. It is validated first: with a mistake in it, the old one stays
 * in force as a whole. One reload at a time; whoever asks during one gets another behind it.
 */
export class Reloader {
  readonly #parts: ReloadParts;
  #settings: Settings;
  /** False while some part may hold what others do not: applying it broke off. */
  #whole = true;
  #wanted: string | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
  }

  /** What is in force. */
  get settings(): Settings {
    return this.#settings;
  }

  /**
   * Never rejects. Resolves when what is asked for now has been looked at.
   * @param why what made us ask, for the log
   */
  reload(why: string): Promise<void> {
    this.#wanted = why;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#wanted !== undefined) {
      const why = this.#wanted;
      this.#wanted = undefined;
      try {
        await this.#once(why);
      } catch (error) {
        this.#parts.log.error('the configuration could not be taken up', { error: errorText(error), why });
        const output = `taking up the configuration failed, start again: ${errorText(error)}\n`;
        await this.#parts.report({ status: 2, output });
      }
    }
  }

  async #once(why: string): Promise<void> {
    const { log, load, report } = this.#parts;
    const loaded = await load();
    if (loaded.settings) {
      tellSkipped(loaded.settings, log);
      await this.#takeUp(loaded.settings, loaded.plugins, why);
    } else {
      tell(loaded.problems, log);
      log.error('the configuration has mistakes, the one before stays in force', {
        mistakes: loaded.problems.length,
        why,
      });
    }
    await report(findingOf(loaded));
  }

  async #takeUp(wanted: Settings, plugins: ReadonlyMap<string, Plugin>, why: string): Promise<void> {
    const { log, apply } = this.#parts;
    const { settings, needRestart } = withoutRestart(this.#settings, wanted);
    for (const attribute of needRestart) log.warn('this change needs a restart', { attribute });
    const { document, files } = this.#settings;
    const same = this.#whole && sameValue(document, settings.document) && sameValue(files, settings.files);
    if (!same) {
      this.#whole = false;
      await apply(settings, plugins);
      this.#whole = true;
    }
    this.#settings = settings;
    this.#parts.renew?.(settings);
    log.info(same ? 'the configuration has not changed' : 'the configuration was taken up', {
      why,
      checks: settings.checks.size,
    });
  }
}

/** A line for each mistake. */
export function tell(problems: readonly ConfigProblem[], log: Log): void {
  for (const problem of problems) log.error('invalid configuration', { ...problem });
}

/** A line for each check that is left out. */
export function tellSkipped({ skippedChecks }: Settings, log: Log): void {
  for (const [check, problems] of skippedChecks) {
    log.warn('this check is left out', { check, mistakes: problems });
  }
}
