import { t } from "../messages/index.js";
import { disclaimer } from "../words/disclaimer.js";

/** The disclaimer, always in sight, and the way to the API. */
export function Footer() {
  return (
    <footer className="foot">
      <p className="disclaimer">{disclaimer}</p>
      <p className="foot-links">
        <a href="/docs">{t("app.api")}</a>
        <a href="/openapi.json">OpenAPI</a>
      </p>
    </footer>
  );
}
