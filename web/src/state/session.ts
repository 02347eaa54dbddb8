import { callAs, signedOutEvent } from "../api/osteon.js";
import { getSession, type SessionView, signIn, signOut } from "../api/session.js";
import { createStore } from "./store.js";

/** Undefined until it is known; `"unreachable"` where the gateway does not answer. */
export const session = createStore<SessionView | "unreachable" | undefined>(undefined);

export async function openSession(): Promise<void> {
  try {
    take(await getSession());
  } catch {
    session.set("unreachable");
  }
}

/** The last session that somebody had here: their films are still on the page. */
let last: SessionView | undefined;
let anew = false;

/** Whether the page begins anew for somebody else: nothing of what is here may hold it up. */
export function beginsAnew(): boolean {
  return anew;
}

/** The cookie is one for all tabs of the browser: what one does with it the others should know before they call again. */
let tabs: BroadcastChannel | undefined;

/** Takes in who is there. Nothing of one tenant's may be seen by another, or sent in their name: for them the page begins anew. */
function take(now: SessionView): void {
  if (now.signedIn) {
    if (last !== undefined && last.tenant !== now.tenant) {
      anew = true;
      location.assign("/");
      return;
    }
    last = now;
    callAs(now.key);
  }
  session.set(now);
}

/** Whether what is done now is done in the name of whoever the page knows. */
export function isSignedIn(): boolean {
  const now = session.get();
  return typeof now === "object" && now.signedIn;
}

/** Whether somebody is there who may see results: of the scopes `admin` has all others. */
export function mayRead(now: ReturnType<typeof session.get>): boolean {
  return (
    typeof now === "object" && now.signedIn && now.scopes.some((scope) => ["read", "admin"].includes(scope))
  );
}

/** Signs in. False where the browser did not keep the cookie, which it does over HTTPS and on the own machine only. */
export async function enter(key: string): Promise<boolean> {
  await signIn(key);
  tabs?.postMessage("changed");
  const now = await getSession();
  take(now);
  return now.signedIn;
}

export async function leave(): Promise<void> {
  await signOut();
  tabs?.postMessage("changed");
  location.assign("/");
  // Who was asked about unsent films may have stayed: then they wait here for their owner.
  await checkSession();
}

/** Asks again who is there where a call was refused for want of a session, or another tab changed it. */
export function watchSession(): void {
  tabs = new BroadcastChannel("osteon.session");
  tabs.addEventListener("message", () => void checkSession());
  window.addEventListener(signedOutEvent, () => void checkSession());
}

/** Notices that the session is over, or another's, for callers that learn no more than that they got no answer. */
export async function checkSession(): Promise<void> {
  const now = await getSession().catch(() => undefined);
  if (now !== undefined) take(now);
}

const usualLimits = {
  filmBytes: 32 * 1024 * 1024,
  filmPixels: 32_000_000,
  uploadBytes: 128 * 1024 * 1024,
  films: 16,
};

/** What a submission may be; the usual limits until the gateway told its own. */
export function limits(): SessionView["limits"] {
  const now = session.get();
  return typeof now === "object" ? now.limits : usualLimits;
}
