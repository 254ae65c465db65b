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

  /**
   * The member whose turn it is, and what to call when it could take the same name again.
   *
   * @param refused members that are not asked
   */
  next(name: string, refused?: ReadonlySet<Member>): { member: Member; ended: () => void } | undefined {
    let chosen: { member: Member; share: Share } | undefined;
    for (const [member, shares] of this.#members) {
      if (refused?.has(member)) continue;
      const share = shares.get(name) ?? { inHand: 0, turn: 0 };
      if (!chosen || comesBefore(share, chosen.share)) chosen = { member, share };
    }
    if (!chosen) return undefined;
    const { member, share } = chosen;
    this.#turn += 1;
    share.inHand += 1;
    share.turn = this.#turn;
    this.#members.get(member)?.set(name, share);
    const ended = (): void => {
      share.inHand -= 1;
    };
    return { member, ended };
  }
}

function comesBefore(left: Share, right: Share): boolean {
  return left.inHand === right.inHand ? left.turn < right.turn : left.inHand < right.inHand;
}
