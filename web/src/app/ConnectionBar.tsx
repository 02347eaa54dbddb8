import { t } from "../messages/index.js";
import { connection } from "../state/feed.js";
import { useStore } from "../state/store.js";

/** Says when the page no longer hears of changes; it comes back by itself. */
export function ConnectionBar() {
  const state = useStore(connection);
  return (
    <div role="status" className="connection" data-state={state}>
      {state === "lost" && t("app.lost")}
    </div>
  );
}
