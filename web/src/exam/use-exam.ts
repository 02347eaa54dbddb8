import type { OsteonError } from "@osteon/client";
import { useEffect, useState } from "react";
import { osteon } from "../api/osteon.js";
import { type Exam, exams, findExam } from "../state/exams.js";
import { useSelected } from "../state/store.js";
import { asRefusal } from "../words/refusals.js";

/** The exam of an address: from the list, else from the gateway; a problem where there is none. */
export function useExam(id: string): Exam | OsteonError | undefined {
  const known = useSelected(exams, (all) => findExam(all, id));
  const [asked, setAsked] = useState<{ id: string; answer: Exam | OsteonError }>();
  const missing = known === undefined;
  useEffect(() => {
    if (!missing) return;
    const over = new AbortController();
    osteon.get(id, { signal: over.signal }).then(
      (analysis) => setAsked({ id, answer: { key: id, at: Date.parse(analysis.createdAt), analysis } }),
      (error: unknown) => {
        if (over.signal.aborted) return;
        setAsked({ id, answer: asRefusal(error) });
      },
    );
    return () => over.abort();
  }, [id, missing]);
  return known ?? (asked?.id === id ? asked.answer : undefined);
}
