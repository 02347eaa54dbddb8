import { type Analysis, isEnded } from "@osteon/client";
import { gatewayNow } from "../api/clock.js";
import { osteon } from "../api/osteon.js";
import { isMissing } from "../words/refusals.js";
import { exams, forgetAnalysis, noteAnalyses } from "./exams.js";
import { beginsAnew, checkSession } from "./session.js";
import { createStore } from "./store.js";

/** How the page hears of changes. */
export type Connection = "connecting" | "live" | "lost";
export const connection = createStore<Connection>("connecting");

const firstPause = 500;
const longestPause = 10_000;
/** Unfinished ones up to this number are asked for one by one; more are sought in the list. */
const fewUnfinished = 4;
const mostNewPages = 10;
const recentMs = 24 * 3600 * 1000;
/** The gateway beats every 15 s: a stream that is silent for so long is dead, whatever the browser thinks. */
const longestSilence = 40_000;
/** What came within this time is taken in at once: a list of hundreds is drawn once. */
const gatherMs = 80;
/** Every stream ends after ten minutes, and each gateway's when it is replaced: only what no next one follows soon is a loss. */
const lossMs = 3_000;

/**
 * Follows all analyses over one stream of events while the page is in sight: comes back when it is lost, and after every gap
 * looks at what may have changed. A hidden tab has no stream, since all tabs of a browser share six connections to
 * a host. Returns what ends it.
 */
export function followAnalyses(): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = firstPause;
  let told: Analysis[] = [];
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let loss: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  /** What the list had when hearing stopped, until all that came since was looked at. */
  let before: ReadonlySet<string> | undefined;

  /** Until it succeeds: nobody tells a second time of what was missed. */
  const lookAround = async (wait = firstPause): Promise<void> => {
    clearTimeout(again);
    const stream = source;
    try {
      await catchUp(before);
      if (source === stream) before = undefined;
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
  const doubtNoMore = () => {
    clearTimeout(loss);
    loss = undefined;
  };
  const know = (state: Connection) => {
    doubtNoMore();
    connection.set(state);
  };
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(lost, longestSilence);
  };
  const close = () => {
    clearTimeout(silence);
    clearTimeout(timer);
    clearTimeout(again);
    source?.close();
    source = undefined;
    before ??= new Set(exams.get().flatMap(({ analysis }) => (analysis ? [analysis.id] : [])));
  };
  const open = () => {
    close();
    if (stopped || document.hidden || beginsAnew()) return;
    source = new EventSource("/v1/events");
    heard();
    for (const type of ["alive", "missed", "analysis", "erased"]) source.addEventListener(type, heard);
    source.addEventListener("missed", () => {
      pause = firstPause;
      know("live");
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
    if (navigator.onLine) loss ??= setTimeout(() => know("lost"), lossMs);
    else know("lost");
    close();
    void checkSession();
    timer = setTimeout(open, pause * (0.5 + Math.random()));
    pause = Math.min(pause * 2, longestPause);
  };
  const turn = () => {
    if (document.hidden) {
      doubtNoMore();
      return close();
    }
    // A question that nobody answers is a silence too.
    heard();
    // Whoever is there by now: nothing of another's may come into this list.
    void checkSession().then(open);
  };
  const events = [
    [window, "online", open],
    [window, "offline", lost],
    [document, "visibilitychange", turn],
  ] as const;
  for (const [target, type, step] of events) target.addEventListener(type, step);
  open();
  return () => {
    stopped = true;
    for (const [target, type, step] of events) target.removeEventListener(type, step);
    clearTimeout(gathering);
    close();
    know("connecting");
  };
}

/**
 * Looks at everything that may have changed unheard: what came meanwhile, what is unfinished, and what was erased.
 *
 * @param before what was there when hearing stopped: all that is older was heard of. The list's own may be newer by now
 * @throws ProblemError, ConnectionError where it could not see all
 */
async function catchUp(before: ReadonlySet<string> | undefined): Promise<void> {
  const since = gatewayNow() - recentMs;
  const known = new Map(exams.get().flatMap(({ analysis }) => (analysis ? [[analysis.id, analysis]] : [])));
  const wanted = new Set(unfinished());
  const oldest = Math.min(...[...wanted].map((id) => madeAt(known.get(id))));
  /** Pages that may still be read for what is new: until one has what is known, and no more than the list keeps. */
  let left = mostNewPages;
  let cursor: string | undefined;
  let reached = Number.POSITIVE_INFINITY;
  do {
    const page = await osteon.list({ limit: 100, ...(cursor === undefined ? {} : { cursor }) });
    noteAnalyses(page.data.filter((each) => known.has(each.id) || !isEnded(each) || madeAt(each) > since));
    for (const { id } of page.data) {
      const isKnown = known.delete(id);
      if (before === undefined ? isKnown : before.has(id)) left = 0;
      wanted.delete(id);
    }
    left -= 1;
    cursor = page.nextCursor;
    reached = cursor === undefined ? Number.NEGATIVE_INFINITY : madeAt(page.data.at(-1));
  } while (
    cursor !== undefined &&
    ((left > 0 && reached > since) || (wanted.size > fewUnfinished && reached >= oldest))
  );
  // What no page had was erased, or is older than it seemed.
  for (const { id, createdAt } of known.values())
    if (wanted.has(id) || Date.parse(createdAt) > reached) await look(id);
}

function madeAt(analysis: Analysis | undefined): number {
  return analysis === undefined ? Number.NEGATIVE_INFINITY : Date.parse(analysis.createdAt);
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
