import { t } from "../messages/index.js";
import { prefer, preferences } from "../state/preferences.js";
import { useStore } from "../state/store.js";

/** Examining films as soon as they come: shown where films wait, and, since then none does, where they come in. */
export function AtOnce() {
  const { atOnce } = useStore(preferences);
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={atOnce}
        onChange={({ currentTarget }) => prefer({ atOnce: currentTarget.checked })}
      />
      {t("staging.atOnce")}
    </label>
  );
}
