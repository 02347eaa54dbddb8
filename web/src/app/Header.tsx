import { Link, useRoute } from "wouter";
import { t } from "../messages/index.js";
import { prefer, preferences } from "../state/preferences.js";
import { leave, session } from "../state/session.js";
import { useStore } from "../state/store.js";
import { ActionMenu } from "../ui/ActionMenu.js";
import { Button, IconButton } from "../ui/Button.js";
import { Mark } from "../ui/icons.js";
import { say } from "../ui/toasts.js";
import { refusalText } from "../words/refusals.js";

export function Header() {
  const { theme } = useStore(preferences);
  const now = useStore(session);
  const signedIn = typeof now === "object" && now.signedIn;
  const dark = theme !== "light";
  return (
    <header className="head">
      <Link href="/" className="brand">
        <Mark />
        Osteon
      </Link>
      <nav aria-label={t("app.pages")}>
        <Place href="/" also="/exams/:id" name={t("app.films")} />
        {signedIn && <Place href="/history" name={t("app.history")} />}
        <Place href="/rules" name={t("app.rules")} />
        {signedIn && now.scopes.includes("admin") && <Place href="/operate" name={t("app.operate")} />}
      </nav>
      <div className="head-end">
        <IconButton
          icon={dark ? "sun" : "moon"}
          label={dark ? t("app.light") : t("app.dark")}
          onClick={() => prefer({ theme: dark ? "light" : "dark" })}
        />
        {signedIn && now.auth === "keys" && (
          <ActionMenu
            trigger={<Button kind="quiet">{now.name || now.tenant}</Button>}
            actions={[{ label: t("session.leave"), icon: "close", run: signOut }]}
          />
        )}
      </div>
    </header>
  );
}

/** Who takes a screen for left must not leave it signed in. */
function signOut(): void {
  leave().catch((error: unknown) => say(t("common.failed"), refusalText(error)));
}

function Place({ href, also, name }: { href: string; also?: string; name: string }) {
  const [here] = useRoute(href);
  const [there] = useRoute(also ?? href);
  return (
    <Link href={href} aria-current={here || there ? "page" : undefined}>
      {name}
    </Link>
  );
}
