import { Suspense } from "react";
import { t } from "../messages/index.js";
import { StartView } from "../start/StartView.js";
import { later } from "../ui/later.js";
import { Mishap } from "../ui/Mishap.js";
import { Loading } from "../ui/Notice.js";
import { Worklist } from "../worklist/Worklist.js";

/** The viewer is fetched with the first exam that is looked at. */
const ExamView = later(() => import("../exam/ExamView.js"));

/** The list beside what it leads to: where films come in, or one exam. */
export function Workspace({ id }: { id: string | undefined }) {
  return (
    <main className="workspace" id="main" data-exam={id !== undefined}>
      <Worklist chosen={id} />
      <div className="workspace-main">
        {id === undefined ? (
          <StartView />
        ) : (
          <Mishap place={id}>
            <Suspense fallback={<Loading label={t("exam.loading")} />}>
              <ExamView id={id} />
            </Suspense>
          </Mishap>
        )}
      </div>
    </main>
  );
}
