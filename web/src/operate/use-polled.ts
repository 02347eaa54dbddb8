import type { OsteonError } from "@osteon/client";
import { useEffect, useState } from "react";
import { asRefusal } from "../words/refusals.js";

/** Asks again and again while the page is in sight; keeps the last answer where one fails. */
export function usePolled<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  milliseconds: number,
): { value?: T; problem?: OsteonError; refresh(): void } {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState<OsteonError>();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      try {
        if (document.visibilityState === "visible" || asked === 0) setValue(await ask(over.signal));
        setProblem(undefined);
      } catch (error) {
        if (over.signal.aborted) return;
        setProblem(asRefusal(error));
      }
      if (!over.signal.aborted) timer = setTimeout(look, milliseconds);
    };
    void look();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [ask, milliseconds, asked]);
  return {
    ...(value === undefined ? {} : { value }),
    ...(problem === undefined ? {} : { problem }),
    refresh: () => setAsked((now) => now + 1),
  };
}
