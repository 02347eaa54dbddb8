import { t } from "../messages/index.js";
import { Window } from "../ui/Window.js";
import { viewerKeys } from "./keys.js";

const names: Readonly<Record<string, string>> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Backspace: "⌫",
};

/** The viewer's keys, and what mouse and fingers do. */
export function KeysHelp({ open, onClose }: { open: boolean; onClose(): void }) {
  return (
    <Window title={t("viewer.keys")} open={open} onClose={onClose} wide>
      <dl className="keys">
        {viewerKeys.map(({ keys, command }) => (
          <div key={command}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{names[key] ?? key.toUpperCase()}</kbd>
              ))}
            </dt>
            <dd>{t(`commands.${command}`)}</dd>
          </div>
        ))}
      </dl>
      <p>{t("viewer.pointers")}</p>
    </Window>
  );
}
