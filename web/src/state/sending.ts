import { type OsteonError, ProblemError } from "@osteon/client";
import { gatewayNow } from "../api/clock.js";
import { getSession } from "../api/session.js";
import { submitFilms, UnreadableError } from "../api/submit.js";
import { asRefusal, isInFlight } from "../words/refusals.js";
import { addExam, bindExam, changeExam, type Exam, exams, removeExam, type Sending } from "./exams.js";
import { isSignedIn, session } from "./session.js";

/** A browser has six connections to a host: films take half of them, so that pictures and answers still come. */
const atOnce = 3;
const longestWaitMs = 30_000;
/** Tries of one exam without an answer, after which it is asked whether others get one. */
const mostSilentTries = 20;

/** What breaks off each exam that is on its way, by its key. */
const under = new Map<string, AbortController>();
/** Exams that wait a moment for an earlier try of theirs to end; meanwhile others are sent. */
const resting = new Set<string>();
/** The session is over; who is there next is not known yet. */
let refused = false;

session.subscribe(() => {
  refused = false;
  pump();
});

export interface NewExam {
  films: readonly File[];
  previews: readonly (string | undefined)[];
  reference?: string;
}

/** Puts exams on their way, in this order. */
export function sendExams(list: readonly NewExam[]): void {
  for (const { films, previews, reference } of [...list].reverse()) {
    const key = crypto.randomUUID();
    addExam({
      key,
      at: gatewayNow(),
      sending: {
        films,
        previews,
        state: "waiting",
        share: 0,
        idempotencyKey: key,
        ...(reference === undefined ? {} : { reference }),
      },
    });
  }
  pump();
}

/**
 * Sends again what was refused. Under a new key: the answer to the old one is kept for a day. Under the old one where nobody
 * answered: then it may have been accepted.
 */
export function resend(key: string): void {
  changeSending(key, ({ problem, ...sending }) => ({
    ...sending,
    state: "waiting",
    idempotencyKey: problem instanceof ProblemError ? crypto.randomUUID() : sending.idempotencyKey,
  }));
  pump();
}

/** Takes an exam back that the gateway does not have yet. */
export function withdraw(key: string): void {
  under.get(key)?.abort();
  removeExam(key);
}

function pump(): void {
  while (under.size < atOnce && !refused && isSignedIn()) {
    const next = exams.get().find(({ key, sending }) => sending?.state === "waiting" && !resting.has(key));
    if (next?.sending === undefined) return;
    const over = new AbortController();
    const { key } = next;
    under.set(key, over);
    void send(next, next.sending, over.signal).finally(() => {
      under.delete(key);
      pump();
    });
  }
}

/** A refusal for want of room is no failure, nor is no answer: the exam waits its turn, however long it takes. */
async function send({ key }: Exam, sending: Sending, signal: AbortSignal): Promise<void> {
  changeSending(key, (now) => ({ ...now, state: "sending" }));
  for (let tries = 1; !signal.aborted; tries += 1) {
    if (refused || !isSignedIn()) {
      // It waits for its owner: whoever comes next is another, or the same.
      changeSending(key, ({ problem: _, ...now }) => ({ ...now, state: "waiting", share: 0 }));
      return;
    }
    try {
      const analysis = await submitFilms({
        films: sending.films,
        idempotencyKey: sending.idempotencyKey,
        reference: sending.reference,
        signal,
        onProgress: (share) => changeSending(key, (now) => ({ ...now, share })),
      });
      changeSending(key, ({ problem: _, ...now }) => ({ ...now, state: "sent", share: 1 }));
      bindExam(key, analysis);
      return;
    } catch (error) {
      if (signal.aborted) return;
      const problem = asRefusal(error);
      if (problem instanceof ProblemError && problem.status === 401) {
        refused = true;
        // Of several gateways one may believe it sooner than another.
        await pause(500, signal);
        continue;
      }
      if (!isTemporary(problem) || (await isAlone(problem, tries))) {
        changeSending(key, (now) => ({ ...now, state: "refused", problem }));
        return;
      }
      if (isInFlight(problem)) {
        changeSending(key, (now) => ({ ...now, state: "waiting", share: 0, problem }));
        rest(key, problem);
        return;
      }
      changeSending(key, (now) => ({ ...now, share: 0, problem }));
      const { retryAfter } = problem instanceof ProblemError ? problem : { retryAfter: undefined };
      await pause(retryAfter === undefined ? 500 * 2 ** Math.min(tries, 6) : retryAfter * 1000, signal);
    }
  }
}

function rest(key: string, problem: OsteonError): void {
  const seconds = (problem instanceof ProblemError && problem.retryAfter) || 1;
  resting.add(key);
  setTimeout(() => {
    resting.delete(key);
    pump();
  }, seconds * 1000);
}

/** Whether the same may succeed later: it was too much, nobody answered, or an earlier try of it is still under way. */
function isTemporary(problem: OsteonError): boolean {
  if (!(problem instanceof ProblemError)) return !(problem instanceof UnreadableError);
  return problem.status === 429 || problem.status >= 502 || isInFlight(problem);
}

/** Whether an exam alone has no answer, over and over, while the gateway answers others: it must not stand in their way. */
async function isAlone(problem: OsteonError, tries: number): Promise<boolean> {
  if (problem instanceof ProblemError || tries < mostSilentTries) return false;
  return getSession().then(
    () => true,
    () => false,
  );
}

/** Waits, at most until the connection is back, or nobody wants it any more. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      window.removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(milliseconds, longestWaitMs));
    signal.addEventListener("abort", end);
    window.addEventListener("online", end);
  });
}

function changeSending(key: string, change: (sending: Sending) => Sending): void {
  changeExam(key, (exam) => (exam.sending === undefined ? exam : { ...exam, sending: change(exam.sending) }));
}
