import { beforeEach } from "node:test";
import { Reconciler, type ReconcilerReport } from "@osteon/shared";
import type { FreshAnalyses } from "./fresh-analyses.js";

/**
 * A reconciler of such analyses, anew for each test, whose time the test says. It begins a minute ahead: what a test accepts is old
 * enough to be looked at.
 */
export function reconcilerEach(own: FreshAnalyses) {
  const time = { now: 0, elapsed: 0 };
  let reconciler: Reconciler;
  beforeEach(() => {
    Object.assign(time, { now: Date.now() + 60_000, elapsed: 0 });
    reconciler = new Reconciler({ ...own, now: () => time.now, elapsed: () => time.elapsed });
  });
  return {
    time,
    /** As the gateways have it: another's lock keeps it from walking. */
    get itself(): Reconciler {
      return reconciler;
    },
    /** Time goes by, minutes, on every clock. */
    pass(minutes: number): void {
      time.now += minutes * 60_000;
      time.elapsed += minutes * 60_000;
    },
    /** A walk, whoever walked last. */
    walk: (): Promise<ReconcilerReport> => own.walk(reconciler),
  };
}
