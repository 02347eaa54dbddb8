import type { Analysis, AnalysisStatus, OsteonError } from "@osteon/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { osteon } from "../api/osteon.js";
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

/** Everything there is, newest first, as far as it passes; read page by page, further on request. */
export function useHistory(
  status: AnalysisStatus | undefined,
  passes: (analysis: Analysis) => boolean,
): History {
  const [found, setFound] = useState<readonly Analysis[]>([]);
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
        setFound((before) => [...before, ...passed]);
        setLooked((before) => before + page.data.length);
      } while (cursor.current !== undefined && hits < enough && left > 0);
      setState(cursor.current === undefined ? "end" : "more");
    } catch (error) {
      if (!over.signal.aborted) setState(asRefusal(error));
    }
  }, [status, passes]);

  useEffect(() => {
    cursor.current = undefined;
    setFound([]);
    setLooked(0);
    void go();
    return () => asking.current?.abort();
  }, [go]);

  const forget = (id: string) => setFound((before) => before.filter((analysis) => analysis.id !== id));
  return {
    found,
    looked: status === undefined ? looked : undefined,
    state,
    more: () => void go(),
    forget,
  };
}
