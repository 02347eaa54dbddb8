import type { Analysis, AnalysisStatus, OsteonError } from "@osteon/client";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { osteon } from "../api/osteon.js";
import { exams, lastForgotten, later } from "../state/exams.js";
import { useStore } from "../state/store.js";
import { asRefusal } from "../words/refusals.js";

export interface History {
  found: readonly Analysis[];
  /** Analyses that were looked at; not known where there is a status, of which the gateway sends the hits alone. */
  looked: number | undefined;
  state: "looking" | "more" | "end" | OsteonError;
  more(): void;
  forget(id: string): void;
}

/** A search goes on by itself until it has found so many, or looked at a thousand or so. */
const enough = 60;
/** A call looks at a hundred, and at up to five hundred where there is a status. */
const mostCalls = { all: 10, ofStatus: 2 };

/**
 * Everything there is, newest first, as far as it passes; read page by page, further on request. What was read goes on as the list
 * of the day is told.
 */
export function useHistory(
  status: AnalysisStatus | undefined,
  passes: (analysis: Analysis) => boolean,
): History {
  const [read, setRead] = useState<readonly Analysis[]>([]);
  const [looked, setLooked] = useState(0);
  const [state, setState] = useState<History["state"]>("looking");
  const cursor = useRef<string>(undefined);
  const asking = useRef<AbortController>(undefined);

  const go = useCallback(async () => {
    asking.current?.abort();
    const over = new AbortController();
    asking.current = over;
    setState("looking");
    try {
      let hits = 0;
      let left = status === undefined ? mostCalls.all : mostCalls.ofStatus;
      do {
        const page = await osteon.list({
          limit: 100,
          ...(status === undefined ? {} : { status }),
          ...(cursor.current === undefined ? {} : { cursor: cursor.current }),
          signal: over.signal,
        });
        if (over.signal.aborted) return;
        const passed = page.data.filter(passes);
        hits += passed.length;
        left -= 1;
        cursor.current = page.nextCursor;
        setRead((before) => [...before, ...passed]);
        setLooked((before) => before + page.data.length);
      } while (cursor.current !== undefined && hits < enough && left > 0);
      setState(cursor.current === undefined ? "end" : "more");
    } catch (error) {
      if (!over.signal.aborted) setState(asRefusal(error));
    }
  }, [status, passes]);

  useEffect(() => {
    cursor.current = undefined;
    setRead([]);
    setLooked(0);
    void go();
    return () => asking.current?.abort();
  }, [go]);

  const forget = useCallback((gone: string | undefined) => {
    setRead((before) => before.filter(({ id }) => id !== gone));
  }, []);
  useEffect(() => lastForgotten.subscribe(() => forget(lastForgotten.get())), [forget]);
  const known = useStore(exams);
  const found = useMemo(() => {
    const now = new Map(
      known.flatMap(({ analysis }) => (analysis === undefined ? [] : [[analysis.id, analysis]])),
    );
    return read.map((analysis) => later(analysis, now.get(analysis.id) ?? analysis)).filter(passes);
  }, [read, known, passes]);
  return {
    found,
    looked: status === undefined ? looked : undefined,
    state,
    more: () => void go(),
    forget,
  };
}
