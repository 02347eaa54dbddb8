import { signedOutEvent } from "../api/osteon.js";
import { getSession, type SessionView, signIn, signOut } from "../api/session.js";
import { createStore } from "./store.js";

/** Undefined until it is known; `"unreachable"` where the gateway does not answer. */
export const session = createStore<SessionView | "unreachable" | undefined>(undefined);

export async function openSession(): Promise<void> {
  try {
    session.set(await getSession());
  } catch {
    session.set("unreachable");
  }
}

/** Who was here last: their films are still on the page. */
let lastTenant: string | undefined;
session.subscribe(() => {
  const now = session.get();
  if (typeof now === "object" && now.signedIn) lastTenant = now.tenant;
});

/** Signs in. False where the browser did not keep the cookie, which it does over HTTPS and on the own machine only. */
export async function enter(key: string): Promise<boolean> {
  await signIn(key);
  const now = await getSession();
  if (now.signedIn && lastTenant !== undefined && now.tenant !== lastTenant) {
    // Nothing of one tenant's may be seen by another, or sent in their name: the page begins anew.
    location.assign("/");
    return true;
  }
  session.set(now);
  return now.signedIn;
}

export async function leave(): Promise<void> {
  await signOut();
  location.assign("/");
}

/** Asks again who is there where a call was refused for want of a session. */
export function watchSession(): void {
  window.addEventListener(signedOutEvent, () => void openSession());
}

/** Notices that the session is over, for callers that learn no more than that they got no answer. */
export async function checkSession(): Promise<void> {
  const now = await getSession().catch(() => undefined);
  if (now?.signedIn === false) session.set(now);
}

const usualLimits = { filmBytes: 32 * 1024 * 1024, uploadBytes: 128 * 1024 * 1024, films: 16 };

/** What a submission may be; the usual limits until the gateway told its own. */
export function limits(): SessionView["limits"] {
  const now = session.get();
  return typeof now === "object" ? now.limits : usualLimits;
}
