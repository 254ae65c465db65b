import type { Clock } from '../../runtime/clock.ts';
import { hasEnded } from '../../state/documents.ts';
import type { Registry } from '../../state/registry.ts';
import { update } from '../../state/update.ts';
import type { Views } from '../../state/views.ts';
import { Walk } from './walk.ts';

export interface EndedSweepParts {
  registry: Registry;
  views: Pick<Views, 'silences' | 'stashes' | 'signatures'>;
  clock: Clock;
}

type EndedKind = 'silence' | 'stash' | 'signature';
type Ending = { name: string; document: { endsAtMs: number | null } };

/** Documents of one kind that are looked at in a second. */
const SLICE = 1000;

/**
 * Deletes silences, stashes and kept signatures that have ended. Nobody was shown them any more; the feed tells now
 * that they are gone. One that was set anew meanwhile stays.
 */
export class EndedSweep {
  readonly #parts: EndedSweepParts;
  readonly #walks: ReadonlyMap<EndedKind, Walk<Ending>>;

  constructor(parts: EndedSweepParts) {
    const { views } = parts;
    this.#parts = parts;
    this.#walks = new Map([
      ['silence', new Walk(() => named(views.silences(), ({ silence }) => silence.id))],
      ['stash', new Walk(() => named(views.stashes(), ({ path }) => path))],
      ['signature', new Walk(() => signatures(views))],
    ]);
  }

  /** Sweeps the next slice of each kind. Rejects as the store does. */
  async sweep(): Promise<void> {
    for (const [kind, walk] of this.#walks) {
      const nowMs = this.#parts.clock.now();
      const names: string[] = [];
      walk.forEach(SLICE, ({ name, document }) => {
        if (hasEnded(document, nowMs)) names.push(name);
      });
      if (names.length > 0) await this.#delete(kind, names, nowMs);
    }
  }

  async #delete(kind: EndedKind, names: readonly string[], nowMs: number): Promise<void> {
    await update(this.#parts.registry, kind, names, (document) =>
      document && hasEnded(document, nowMs) ? undefined : 'keep',
    );
  }
}

function* named<Document extends { endsAtMs: number | null }>(
  documents: Iterable<Document>,
  nameOf: (document: Document) => string,
): Generator<Ending> {
  for (const document of documents) yield { name: nameOf(document), document };
}

function* signatures(views: EndedSweepParts['views']): Generator<Ending> {
  for (const [name, document] of views.signatures()) yield { name, document };
}
