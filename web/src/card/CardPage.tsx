import { OsteonError } from "@osteon/client";
import Markdown from "markdown-to-jsx/react";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { osteon } from "../api/osteon.js";
import { t } from "../messages/index.js";
import { Loading, Notice } from "../ui/Notice.js";
import { asRefusal, refusalText } from "../words/refusals.js";
import "./card.css";

/** No HTML of a card's own and no pictures from elsewhere: it comes with its bundle, which may be anybody's. */
const markdown = {
  disableParsingRawHTML: true,
  overrides: {
    img: () => null,
    // Where it is wider than the screen, keys must reach it to scroll it.
    table: { props: { tabIndex: 0 } },
  },
};

/** A model's card: what it was made of, what it can do, and what it was not made for. */
export default function CardPage({ name }: { name: string }) {
  const [card, setCard] = useState<string | OsteonError>();
  useEffect(() => {
    setCard(undefined);
    osteon.modelCard(name).then(setCard, (error: unknown) => setCard(asRefusal(error)));
  }, [name]);
  return (
    <main className="card" id="main">
      {card === undefined && <Loading label={t("card.loading")} />}
      {card instanceof OsteonError && (
        <Notice icon="alert" title={t("card.none")}>
          <p>{refusalText(card)}</p>
          <Link href="/">{t("exam.back")}</Link>
        </Notice>
      )}
      {typeof card === "string" && <Markdown options={markdown}>{card}</Markdown>}
    </main>
  );
}
