import { type Analysis, isEnded } from "@osteon/client";
import { osteon } from "../api/osteon.js";
import { isMissing } from "../words/refusals.js";
import { exams, forgetAnalysis, noteAnalyses } from "./exams.js";
import { checkSession } from "./session.js";
import { createStore } from "./store.js";

/** How the page hears of changes. */
export type Connection = "connecting" | "live" | "lost";
export const connection = createStore<Connection>("connecting");

const firstPause = 500;
const longestPause = 10_000;
/** Unfinished ones up to this number are asked for one by one; more are read from the list. */
const fewUnfinished = 4;
const recentMs = 24 * 3600 * 1000;
/** The gateway beats every 15 s: a stream that is silent for so long is dead, whatever the browser thinks. */
const longestSilence = 40_000;
/** What came within this time is taken in at once: a list of hundreds is drawn once. */
const gatherMs = 80;

/**
 * Follows all analyses over one stream of events, for good: comes back when it is lost, and after every gap looks at what
 * is still unfinished. Returns what ends it.
 */
export function followAnalyses(): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = firstPause;
  let told: Analysis[] = [];
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let first = true;
  let stopped = false;
  let again: ReturnType<typeof setTimeout> | undefined;

  /** Until it succeeds: nobody tells a second time of what was missed. */
  const lookAround = async (wait = firstPause): Promise<void> => {
    clearTimeout(again);
    const stream = source;
    try {
      await catchUp(first);
      first = false;
    } catch {
      // A stream that came later looks around by itself.
      if (source !== stream || stopped) return;
      again = setTimeout(() => void lookAround(Math.min(wait * 2, longestPause)), wait);
    }
  };
  const takeIn = () => {
    gathering = undefined;
    const batch = told;
    told = [];
    noteAnalyses(batch);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(lost, longestSilence);
  };
  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource("/v1/events");
    heard();
    for (const type of ["alive", "missed", "analysis", "erased"]) source.addEventListener(type, heard);
    source.addEventListener("missed", () => {
      pause = firstPause;
      connection.set("live");
      void lookAround();
    });
    source.addEventListener("analysis", (event) => {
      told.push(JSON.parse(event.data) as Analysis);
      gathering ??= setTimeout(takeIn, gatherMs);
    });
    source.addEventListener("erased", (event) =>
      forgetAnalysis((JSON.parse(event.data) as { id: string }).id),
    );
    source.addEventListener("error", lost);
  };
  const lost = () => {
    connection.set("lost");
    source?.close();
    void checkSession();
    clearTimeout(silence);
    clearTimeout(timer);
    timer = setTimeout(open, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, longestPause);
  };
  window.addEventListener("online", open);
  window.addEventListener("offline", lost);
  open();
  return () => {
    window.removeEventListener("online", open);
    window.removeEventListener("offline", lost);
    clearTimeout(silence);
    clearTimeout(timer);
    clearTimeout(gathering);
    clearTimeout(again);
    stopped = true;
    source?.close();
  };
}

/**
 * Looks at everything that may have changed unheard: at first at what is recent, later at what is unfinished.
 *
 * @throws ProblemError, ConnectionError where it could not see all
 */
async function catchUp(first: boolean): Promise<void> {
  if (first) {
    const { data } = await osteon.list({ limit: 100 });
    const since = Date.now() - recentMs;
    noteAnalyses(data.filter((each) => !isEnded(each) || Date.parse(each.createdAt) > since));
  }
  const open = unfinished();
  if (open.length <= fewUnfinished) {
    await Promise.all(open.map(look));
    return;
  }
  const wanted = new Set(open);
  const oldest = Math.min(
    ...exams.get().flatMap((exam) => (wanted.has(exam.analysis?.id ?? "") ? [exam.at] : [])),
  );
  let cursor: string | undefined;
  do {
    const page = await osteon.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    const known = page.data.filter(({ id }) => wanted.delete(id));
    noteAnalyses(known);
    cursor = page.nextCursor;
    const last = page.data.at(-1);
    if (last !== undefined && Date.parse(last.createdAt) < oldest) break;
  } while (cursor !== undefined && wanted.size > 0);
  // What no page had was erased, or is older than it seemed.
  for (const id of wanted) await look(id);
}

function unfinished(): string[] {
  return exams
    .get()
    .flatMap(({ analysis }) => (analysis !== undefined && !isEnded(analysis) ? [analysis.id] : []));
}

async function look(id: string): Promise<void> {
  try {
    noteAnalyses([await osteon.get(id)]);
  } catch (error) {
    if (!isMissing(error)) throw error;
    forgetAnalysis(id);
  }
}
