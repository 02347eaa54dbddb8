import { Tooltip } from "@base-ui/react/tooltip";
import { Suspense, useEffect } from "react";
import { Route, Switch, useLocation } from "wouter";
import { t } from "../messages/index.js";
import { SignInPage } from "../session/SignInPage.js";
import { DropEverywhere } from "../start/DropEverywhere.js";
import { followAnalyses } from "../state/feed.js";
import { mayRead, session } from "../state/session.js";
import { useStore } from "../state/store.js";
import { later } from "../ui/later.js";
import { Mishap } from "../ui/Mishap.js";
import { Loading, Notice } from "../ui/Notice.js";
import { Tips } from "../ui/Tips.js";
import { Toasts } from "../ui/toasts.js";
import { ConnectionBar } from "./ConnectionBar.js";
import { Footer } from "./Footer.js";
import { Header } from "./Header.js";
import { Workspace } from "./Workspace.js";

const HistoryPage = later(() => import("../history/HistoryPage.js"));
const RulesPage = later(() => import("../rules/RulesPage.js"));
const OperatePage = later(() => import("../operate/OperatePage.js"));
const CardPage = later(() => import("../card/CardPage.js"));

export function App() {
  return (
    <Tooltip.Provider delay={500}>
      <a className="skip" href="#main">
        {t("app.skip")}
      </a>
      <Header />
      <ConnectionBar />
      <Body />
      <Footer />
      <Toasts />
      <Tips />
    </Tooltip.Provider>
  );
}

/** Films and what is known of them only for who may see them; the rules for everybody. */
function Body() {
  const now = useStore(session);
  const signedIn = typeof now === "object" && now.signedIn;
  const reads = mayRead(now);
  const [place] = useLocation();
  useEffect(() => (reads ? followAnalyses() : undefined), [reads]);
  return (
    <Suspense fallback={<Loading label={t("common.loading")} />}>
      <Mishap place={place}>
        <Switch>
          <Route path="/rules" component={RulesPage} />
          <Route>{signedIn ? <Pages /> : <Before state={now} />}</Route>
        </Switch>
      </Mishap>
      {signedIn && <DropEverywhere />}
    </Suspense>
  );
}

function Before({ state }: { state: ReturnType<typeof session.get> }) {
  if (state === undefined) return <Loading label={t("common.loading")} />;
  if (state !== "unreachable") return <SignInPage />;
  return (
    <main id="main">
      <Notice icon="alert" title={t("app.unreachable")}>
        <p>{t("app.unreachableText")}</p>
      </Notice>
    </main>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/">
        <Workspace id={undefined} />
      </Route>
      <Route path="/exams/:id">{({ id }) => <Workspace id={id} />}</Route>
      <Route path="/history" component={HistoryPage} />
      <Route path="/models/:name">{({ name }) => <CardPage name={decodeURIComponent(name)} />}</Route>
      <Route path="/operate" component={OperatePage} />
      <Route>
        <main id="main">
          <Notice icon="search" title={t("app.notFound")} />
        </main>
      </Route>
    </Switch>
  );
}
