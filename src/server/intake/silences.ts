import type { Silence } from '../../model/event.ts';
import { hasEnded } from '../../state/documents.ts';
import type { Views } from '../../state/views.ts';

/** The silences in force while one batch is decided: one that ends in it covers nothing that comes behind. */
export class SilencesInForce {
  readonly #views: Pick<Views, 'silence'>;
  readonly #nowMs: number;
  readonly #ended = new Set<string>();

  private constructor(views: Pick<Views, 'silence'>, nowMs: number) {
    this.#views = views;
    this.#nowMs = nowMs;
  }

  /** Undefined when there is none, so that nobody looks for one. */
  static of(views: Pick<Views, 'silence' | 'hasSilences'>, nowMs: number): SilencesInForce | undefined {
    return views.hasSilences() ? new SilencesInForce(views, nowMs) : undefined;
  }

  readonly find = (id: string): Silence | undefined => {
    const state = this.#views.silence(id);
    return state && !hasEnded(state, this.#nowMs) && !this.#ended.has(id) ? state.silence : undefined;
  };

  end(id: string): void {
    this.#ended.add(id);
  }
}
