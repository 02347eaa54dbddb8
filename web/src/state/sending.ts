import { type OsteonError, ProblemError } from "@osteon/client";
import { submitFilms } from "../api/submit.js";
import { asRefusal } from "../words/refusals.js";
import { addExam, bindExam, changeExam, type Exam, exams, type Sending } from "./exams.js";
import { isSignedIn, session } from "./session.js";

/** A browser has six connections to a host: films take half of them, so that pictures and answers still come. */
const atOnce = 3;
const longestWaitMs = 30_000;
/** A refusal for overload is no failure: the film waits its turn, so often. */
const mostTries = 40;

let under = 0;
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
      at: Date.now(),
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

function pump(): void {
  while (under < atOnce && !refused && isSignedIn()) {
    const next = exams
      .get()
      .find(({ sending }) => sending?.state === "waiting" && sending.problem === undefined);
    if (next?.sending === undefined) return;
    under += 1;
    void send(next, next.sending).finally(() => {
      under -= 1;
      pump();
    });
  }
}

async function send({ key }: Exam, sending: Sending): Promise<void> {
  changeSending(key, (now) => ({ ...now, state: "sending" }));
  for (let tries = 1; ; tries += 1) {
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
        onProgress: (share) => changeSending(key, (now) => ({ ...now, share })),
      });
      changeSending(key, ({ problem: _, ...now }) => ({ ...now, state: "sent", share: 1 }));
      bindExam(key, analysis);
      return;
    } catch (error) {
      const problem = asRefusal(error);
      if (problem instanceof ProblemError && problem.status === 401) {
        refused = true;
        // Of several gateways one may believe it sooner than another.
        await pause(500);
        continue;
      }
      if (!isTemporary(problem) || tries === mostTries) {
        changeSending(key, (now) => ({ ...now, state: "refused", problem }));
        return;
      }
      changeSending(key, (now) => ({ ...now, share: 0, problem }));
      const { retryAfter } = problem instanceof ProblemError ? problem : { retryAfter: undefined };
      await pause(retryAfter === undefined ? 500 * 2 ** Math.min(tries, 6) : retryAfter * 1000);
    }
  }
}

/** Whether the same may succeed later: it was too much, nobody answered, or an earlier try of it is still under way. */
function isTemporary(problem: OsteonError): boolean {
  if (!(problem instanceof ProblemError)) return true;
  return problem.status === 429 || problem.status >= 502 || problem.code === "idempotency-in-flight";
}

/** Waits, at most until the connection is back. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, Math.min(milliseconds, longestWaitMs));
    window.addEventListener("online", end);
  });
}

function changeSending(key: string, change: (sending: Sending) => Sending): void {
  changeExam(key, (exam) => (exam.sending === undefined ? exam : { ...exam, sending: change(exam.sending) }));
}
