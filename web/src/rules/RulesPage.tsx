import type { ReactNode } from "react";
import { t } from "../messages/index.js";
import { Icon } from "../ui/icons.js";
import { HandFilm } from "./HandFilm.js";
import "./rules.css";

/** What a film must be to be answered well, with drawn examples. */
export default function RulesPage() {
  return (
    <main className="rules" id="main">
      <header className="page-head">
        <h1>{t("rules.title")}</h1>
        <p>{t("rules.text")}</p>
      </header>
      <ol>
        <Rule name="object">
          <Example good caption={t("rules.object.good")}>
            <HandFilm />
          </Example>
          <Example caption={t("rules.object.bad")}>
            <HandFilm>
              <g className="drawn-object">
                <rect x="120" y="36" width="62" height="16" rx="8" transform="rotate(38 150 44)" />
                <circle cx="46" cy="196" r="22" />
                <circle cx="46" cy="196" r="9" className="hole" />
              </g>
            </HandFilm>
          </Example>
        </Rule>
        <Rule name="size">
          <Example good caption={t("rules.size.good")}>
            <HandFilm />
          </Example>
          <Example caption={t("rules.size.bad")}>
            <div className="drawn-small">
              <HandFilm />
            </div>
          </Example>
        </Rule>
        <Rule name="colour">
          <Example good caption={t("rules.colour.good")}>
            <HandFilm />
          </Example>
          <Example caption={t("rules.colour.bad")}>
            <HandFilm tint="#7fd4ff">
              <rect width="200" height="240" rx="6" className="drawn-tint" />
            </HandFilm>
          </Example>
        </Rule>
        <Rule name="side">
          <Example good caption={t("rules.side.left")}>
            <HandFilm />
          </Example>
          <Example good caption={t("rules.side.right")}>
            <HandFilm mirrored />
          </Example>
        </Rule>
      </ol>
      <p className="rules-more">{t("rules.more")}</p>
    </main>
  );
}

function Rule({ name, children }: { name: "object" | "size" | "colour" | "side"; children: ReactNode }) {
  return (
    <li className="rule">
      <div>
        <h2>{t(`rules.${name}.rule`)}</h2>
        <p>{t(`rules.${name}.why`)}</p>
      </div>
      <div className="examples">{children}</div>
    </li>
  );
}

function Example({
  good = false,
  caption,
  children,
}: {
  good?: boolean;
  caption: string;
  children: ReactNode;
}) {
  return (
    <figure className="example" data-good={good}>
      <div className="example-picture">{children}</div>
      <figcaption>
        <span className="example-sign">
          <Icon name={good ? "check" : "close"} size={16} />
          <span className="unseen">{t(good ? "rules.good" : "rules.bad")}</span>
        </span>
        {caption}
      </figcaption>
    </figure>
  );
}
