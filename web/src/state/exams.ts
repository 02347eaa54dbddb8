import type { Analysis, OsteonError } from "@osteon/client";
import { isFilmDone } from "./steps.js";
import { createStore } from "./store.js";

/** An exam's way to the gateway, of one that was made at this page. */
export interface Sending {
  films: readonly File[];
  /** Object URLs of small copies of the films that the browser can show. */
  previews: readonly (string | undefined)[];
  state: "waiting" | "sending" | "sent" | "refused";
  /** Share of the bytes that are sent. */
  share: number;
  /** The last refusal; of a waiting one the reason for which it waits. */
  problem?: OsteonError;
  idempotencyKey: string;
  reference?: string;
}

/** An exam in the list: being sent, known to the gateway, or both. */
export interface Exam {
  /** Stays the same when the gateway has given an id. */
  key: string;
  /** Milliseconds since the epoch, by the gateway's clock. */
  at: number;
  analysis?: Analysis;
  sending?: Sending;
}

/** Most exams that the list keeps; the history has the rest. */
const mostExams = 1_000;

/** Newest first. */
export const exams = createStore<readonly Exam[]>([]);

/** Key of each exam that the gateway knows, by its id. */
const keyOfId = new Map<string, string>();

export function addExam(exam: Exam): void {
  exams.set((before) => cut([exam, ...before]));
}

export function changeExam(key: string, change: (exam: Exam) => Exam): void {
  exams.set((before) => before.map((exam) => (exam.key === key ? change(exam) : exam)));
}

export function removeExam(key: string): void {
  const gone = exams.get().find((exam) => exam.key === key);
  if (gone !== undefined) letGo(gone);
  exams.set((before) => before.filter((exam) => exam.key !== key));
}

/** Binds an exam that was sent to the id that it got. An event may have come before the answer: the two become one. */
export function bindExam(key: string, analysis: Analysis): void {
  if (isForgotten(analysis.id)) {
    removeExam(key);
    return;
  }
  const other = keyOfId.get(analysis.id);
  keyOfId.set(analysis.id, key);
  if (other !== undefined && other !== key) {
    const known = exams.get().find((exam) => exam.key === other)?.analysis;
    exams.set((before) => before.filter((exam) => exam.key !== other));
    changeExam(key, (exam) => ({ ...exam, analysis: later(known, analysis) }));
    return;
  }
  changeExam(key, (exam) => ({ ...exam, analysis: later(exam.analysis, analysis) }));
}

/** The id of the last that was forgotten, for lists of their own. */
export const lastForgotten = createStore<string | undefined>(undefined);

/** When each of those that are gone was forgotten. */
const forgotten = new Map<string, number>();
/** What was read of one before it was erased comes within this time, if at all. */
const forgottenMs = 60_000;

/** Takes in what the gateway says of analyses, whoever submitted them. An erased one that it was asked about before stays away. */
export function noteAnalyses(analyses: readonly Analysis[]): void {
  const there = analyses.filter(({ id }) => !isForgotten(id));
  if (there.length === 0) return;
  exams.set((before) => {
    const told = new Map(there.map((analysis) => [analysis.id, analysis]));
    const kept = before.map((exam) => {
      const now = exam.analysis === undefined ? undefined : told.get(exam.analysis.id);
      if (now === undefined) return exam;
      told.delete(now.id);
      const analysis = later(exam.analysis, now);
      return analysis === exam.analysis ? exam : { ...exam, analysis };
    });
    if (told.size === 0) return kept;
    const added = [...told.values()].map((analysis): Exam => {
      keyOfId.set(analysis.id, analysis.id);
      return { key: analysis.id, at: Date.parse(analysis.createdAt), analysis };
    });
    return cut([...added, ...kept].sort((a, b) => b.at - a.at));
  });
}

export function forgetAnalysis(id: string): void {
  for (const old of forgotten.keys()) {
    if (isForgotten(old)) break;
    forgotten.delete(old);
  }
  forgotten.set(id, Date.now());
  const exam = findExam(exams.get(), id);
  keyOfId.delete(id);
  if (exam !== undefined) removeExam(exam.key);
  lastForgotten.set(id);
}

function isForgotten(id: string): boolean {
  return Date.now() - (forgotten.get(id) ?? Number.NEGATIVE_INFINITY) < forgottenMs;
}

/** By the gateway's id or the list's key. */
export function findExam(all: readonly Exam[], id: string): Exam | undefined {
  return all.find((exam) => exam.analysis?.id === id || exam.key === id);
}

const order = { queued: 0, processing: 1, completed: 2, failed: 2, cancelled: 2 } as const;

/** Those that are read again: until their end they show nothing, so what shows something is of before. */
const readAgain = new WeakSet<Analysis>();

/**
 * The later of two states: answers may overtake each other, but an analysis only goes forward. The one step back is that all
 * findings are withdrawn, for another model's. An answer from before the first finding looks the same: where it is taken for
 * that, the page shows less than is known until the end, rather than what no longer holds.
 */
export function later(known: Analysis | undefined, told: Analysis): Analysis {
  if (known === undefined) return told;
  const ahead = order[told.status] - order[known.status];
  if (ahead !== 0) return ahead > 0 ? told : known;
  if (told.status === "processing") {
    if (readAgain.has(known)) return known;
    if (steps(told) === 0 && known.films.some(isFilmDone)) {
      readAgain.add(told);
      return told;
    }
  }
  return steps(told) >= steps(known) ? told : known;
}

/** Steps that the films have taken together. */
function steps({ films }: Analysis): number {
  return films.reduce((sum, film) => sum + (film.bodyPart ? 1 : 0) + (isFilmDone(film) ? 1 : 0), 0);
}

/** Drops the oldest that are too many. What the gateway has not got yet stays: nobody else knows of it. */
function cut(list: readonly Exam[]): readonly Exam[] {
  let tooMany = list.length - mostExams;
  if (tooMany <= 0) return list;
  const kept = [...list].reverse().filter((exam) => {
    if (tooMany <= 0 || exam.analysis === undefined) return true;
    tooMany -= 1;
    letGo(exam);
    return false;
  });
  return kept.reverse();
}

/** Gives back what an exam holds that leaves the list. */
function letGo({ analysis, sending }: Exam): void {
  if (analysis !== undefined) keyOfId.delete(analysis.id);
  for (const preview of sending?.previews ?? []) if (preview !== undefined) URL.revokeObjectURL(preview);
}
