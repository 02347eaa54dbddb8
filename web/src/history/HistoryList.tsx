import type { Analysis } from "@osteon/client";
import { defaultRangeExtractor, type Range, useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import { usePrinting } from "../ui/use-printing.js";
import { HistoryRow } from "./HistoryRow.js";

interface Properties {
  found: readonly Analysis[];
  onErase(analysis: Analysis): void;
}

const usualHeight = 69;

const every = ({ count }: Range) => Array.from({ length: count }, (_, at) => at);

/** What was found; only the rows in sight are drawn, on paper all of them. */
export function HistoryList({ found, onErase }: Properties) {
  const list = useRef<HTMLUListElement>(null);
  const [above, setAbove] = useState(0);
  useLayoutEffect(() => {
    setAbove((list.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, []);
  const printing = usePrinting();
  const rows = useWindowVirtualizer({
    count: found.length,
    estimateSize: () => usualHeight,
    getItemKey: (at) => found[at]?.id ?? at,
    overscan: 8,
    rangeExtractor: printing ? every : defaultRangeExtractor,
    scrollMargin: above,
  });
  return (
    <ul className="history-list" ref={list} style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().map(({ index, key, start }) => {
        const analysis = found[index];
        return analysis === undefined ? null : (
          <HistoryRow
            key={key}
            analysis={analysis}
            at={index}
            count={found.length}
            top={start - above}
            measure={rows.measureElement}
            onErase={onErase}
          />
        );
      })}
    </ul>
  );
}
