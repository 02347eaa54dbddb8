import { t } from "../messages/index.js";
import { disclaimer } from "../words/disclaimer.js";

/** The disclaimer, always in sight, and the way to the API. */
export function Footer() {
  return (
    <footer className="foot">
      <p className="disclaimer">{disclaimer}</p>
      <p className="foot-links">
        <a href="/docs" target="_blank" rel="noopener">
          {t("app.api")}
        </a>
        <a href="/openapi.json" target="_blank" rel="noopener">
          OpenAPI
        </a>
      </p>
    </footer>
  );
}
