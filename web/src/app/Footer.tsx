import { t } from "../messages/index.js";
import { disclaimer } from "../words/disclaimer.js";

/** The disclaimer, always in sight, and the ways to the API and to the licences of what the page is made of. */
export function Footer() {
  const ways = [
    ["/docs", t("app.api")],
    ["/openapi.json", "OpenAPI"],
    ["/licences", t("app.licences")],
  ] as const;
  return (
    <footer className="foot">
      <p className="disclaimer">{disclaimer}</p>
      <p className="foot-links">
        {ways.map(([href, name]) => (
          // In a tab of its own: films that wait to be sent stay with the page.
          <a key={href} href={href} target="_blank" rel="noopener">
            {name}
          </a>
        ))}
      </p>
    </footer>
  );
}
