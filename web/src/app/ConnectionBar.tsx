import { t } from "../messages/index.js";
import { connection } from "../state/feed.js";
import { mayRead, session } from "../state/session.js";
import { useStore } from "../state/store.js";

/** Says when the page no longer hears of changes, from where it comes back by itself, or never will with this key. */
export function ConnectionBar() {
  const state = useStore(connection);
  const now = useStore(session);
  const signedIn = typeof now === "object" && now.signedIn;
  return (
    <div role="status" className="connection" data-state={state}>
      {signedIn && !mayRead(now) ? t("app.unread") : state === "lost" && t("app.lost")}
    </div>
  );
}
