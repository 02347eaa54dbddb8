import { test } from "node:test";
import type * as shared from "@osteon/shared";
import type { Overview } from "../../../services/gateway/src/routes/operate.js";
import type { SessionView } from "../../../services/gateway/src/routes/session.js";
import type * as operate from "../../src/api/operate.js";
import type * as session from "../../src/api/session.js";

/** A type with all that it is made of written out, so that how it was made does not matter. */
type Plain<T> = T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
/** Fails to compile unless the two are the same, optional properties and all. */
type Same<A, B> =
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : never;

/** The page's types, each with the one that the gateway answers by. */
const same: [
  Same<operate.DeadLetter, shared.DeadLetter>,
  Same<operate.JobKind, shared.JobKind>,
  Same<operate.Overview, Overview>,
  Same<session.Scope, shared.Scope>,
  Same<session.SessionView, SessionView>,
] = [true, true, true, true, true];

test("the page's types are the gateway's", (t) => {
  t.diagnostic(`${same.length} types are held by the compiler`);
});
