import type { OsteonError } from "@osteon/client";
import { useEffect, useState } from "react";
import { asRefusal } from "../words/refusals.js";
import { poll } from "./poll.js";

/** Asks again and again while the page is in sight, and as soon as it is again; keeps the last answer where one fails. */
export function usePolled<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  milliseconds: number,
): { value?: T; problem?: OsteonError; refresh(): void } {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState<OsteonError>();
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: who refreshes is to be answered at once.
  useEffect(() => {
    const over = new AbortController();
    const end = poll(async () => {
      try {
        setValue(await ask(over.signal));
        setProblem(undefined);
      } catch (error) {
        if (!over.signal.aborted) setProblem(asRefusal(error));
      }
    }, milliseconds);
    return () => {
      over.abort();
      end();
    };
  }, [ask, milliseconds, asked]);
  return {
    ...(value === undefined ? {} : { value }),
    ...(problem === undefined ? {} : { problem }),
    refresh: () => setAsked((now) => now + 1),
  };
}
