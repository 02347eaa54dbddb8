import { Tally } from "@osteon/shared";

/** Most tries at one receiver at a time, where it is quick. */
const mostPerTarget = 8;
/** Waiting time that the tries at one receiver may cost together: a receiver that takes longer gets fewer at a time. */
const budgetMs = 4_000;
/** What a receiver is taken for until it has answered. */
const presumedMs = 500;
/** Weight of the latest try in a receiver's average. */
const weight = 0.3;

const leastWaitMs = 100;
/** As far ahead as what is put off has a time of its own. */
const mostAheadMs = 5 * 60_000;

/**
 * The wait of what is put off beyond that: any time from four minutes to nine. With one time for all, thousands would come back at
 * once, and others would wait behind them.
 */
const farWait = () => mostAheadMs * (0.8 + Math.random());

export interface TargetSlotsOptions {
  /** Receivers that are remembered. Default 10,000. */
  mostLanes?: number;
}

/** What is known of a receiver. */
interface Lane {
  active: number;
  averageMs: number;
  /** When what was put off so far should be through, milliseconds. */
  freeAt: number;
}

export interface Slot {
  /** Gives the slot back, with how long the receiver took. */
  release(milliseconds: number): void;
}

/**
 * Shares the worker's concurrency out, so that no receiver delays another's deliveries: a quick one may have several tries
 * at a time, one that is slow or never answers has one, and a tenant has half of all at most. What finds no room is put
 * off until there should be some, and holds nothing meanwhile.
 */
export class TargetSlots {
  readonly #mostPerTenant: number;
  readonly #mostLanes: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #tenants = new Tally();

  constructor(concurrency: number, { mostLanes = 10_000 }: TargetSlotsOptions = {}) {
    this.#mostPerTenant = Math.ceil(concurrency / 2);
    this.#mostLanes = mostLanes;
  }

  /**
   * A slot, or the milliseconds after which to ask again.
   * @param now of a clock that is never set: what was put off while the time of day was ahead would wait for it to come again
   */
  take(tenant: string, target: string, now = performance.now()): Slot | number {
    const wait = this.wait(tenant, target, now);
    if (wait !== undefined) return wait;
    const lane = this.#lane(tenant, target);
    lane.active += 1;
    this.#tenants.add(tenant, 1);
    return {
      release: (milliseconds) => {
        lane.active -= 1;
        lane.averageMs = Math.max(1, lane.averageMs * (1 - weight) + milliseconds * weight);
        this.#tenants.add(tenant, -1);
      },
    };
  }

  /** Puts off as `take` does, but takes nothing: undefined where there is room now. */
  wait(tenant: string, target: string, now = performance.now()): number | undefined {
    const lane = this.#lane(tenant, target);
    const most = Math.min(mostPerTarget, Math.max(1, Math.floor(budgetMs / lane.averageMs)));
    if (lane.active < most && this.#tenants.of(tenant) < this.#mostPerTenant) return undefined;
    if (lane.freeAt - now >= mostAheadMs) return farWait();
    lane.freeAt = Math.max(lane.freeAt, now) + lane.averageMs / most;
    return Math.max(leastWaitMs, lane.freeAt - now);
  }

  #lane(tenant: string, target: string): Lane {
    const name = `${tenant} ${target}`;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    if (this.#lanes.size >= this.#mostLanes) {
      for (const [each, { active }] of this.#lanes) if (active === 0) this.#lanes.delete(each);
    }
    const lane: Lane = { active: 0, averageMs: presumedMs, freeAt: 0 };
    this.#lanes.set(name, lane);
    return lane;
  }
}
