import { t } from "../messages/index.js";
import { disclaimer } from "../words/disclaimer.js";

/** The disclaimer, always in sight, and the ways to the API and to the licences of what the page is made of. */
export function Footer() {
  return (
    <footer className="foot">
      <p className="disclaimer">{disclaimer}</p>
      <p className="foot-links">
        <a href="/docs">{t("app.api")}</a>
        <a href="/openapi.json">OpenAPI</a>
        <a href="/licences">{t("app.licences")}</a>
      </p>
    </footer>
  );
}
