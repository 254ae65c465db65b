/** What one member of a rotation has been given of one check. */
interface Share {
  /** Requests whose taking has not ended. */
  inHand: number;
  /** The turn in which it was last chosen; turns count up over the whole rotation. */
  turn: number;
}

/**
 * Chooses who of several gets the next request of a check. Whoever holds the fewest unfinished requests of that
 * name comes first, and among those the one that was chosen longest ago: so idle members take turns, a busy one is
 * passed over, and only when all are busy does one get a second request of the same name. Each name has turns
 * of its own, since two checks in step would otherwise always meet the same two members. A member that
 * joins is next, once; a member that leaves is forgotten.
 */
export class RoundRobin<Member> {
  readonly #members = new Map<Member, Map<string, Share>>();
  #turn = 0;

  get size(): number {
    return this.#members.size;
  }

  join(member: Member): void {
    this.#members.set(member, new Map());
  }

  leave(member: Member): void {
    this.#members.delete(member);
  }

  /** The member whose turn it is, and what to call when it could take the same name again. */
  next(name: string): { member: Member; ended: () => void } | undefined {
    let chosen: Member | undefined;
    let least: Share | undefined;
    for (const [member, shares] of this.#members) {
      const share = shares.get(name) ?? { inHand: 0, turn: 0 };
      if (least && !comesBefore(share, least)) continue;
      chosen = member;
      least = share;
    }
    if (!chosen || !least) return undefined;
    const share = least;
    this.#turn += 1;
    share.inHand += 1;
    share.turn = this.#turn;
    this.#members.get(chosen)?.set(name, share);
    const ended = (): void => {
      share.inHand -= 1;
    };
    return { member: chosen, ended };
  }
}

function comesBefore(left: Share, right: Share): boolean {
  return left.inHand === right.inHand ? left.turn < right.turn : left.inHand < right.inHand;
}
