import type { LoadedModel } from "@osteon/client";

/** A measured share with its 95 % interval. */
export interface Measured {
  value: number;
  low: number;
  high: number;
}

/** What a model's evaluation says, as far as it says it. */
export interface ModelMetrics {
  split?: string;
  films?: number;
  /** Of the films. */
  fractured?: number;
  sensitivity?: Measured;
  specificity?: Measured;
  auroc?: Measured;
}

/** Bundles may be anybody's: only what has the shape is read. */
export function metricsOf({ metrics }: Pick<LoadedModel, "metrics">): ModelMetrics {
  const measured = ["sensitivity", "specificity", "auroc"].flatMap((name) => {
    const value = metrics[name];
    return isMeasured(value) ? [[name, value] as const] : [];
  });
  return {
    ...(typeof metrics.split === "string" ? { split: metrics.split } : {}),
    ...(typeof metrics.films === "number" ? { films: metrics.films } : {}),
    ...(typeof metrics.fractured === "number" ? { fractured: metrics.fractured } : {}),
    ...Object.fromEntries(measured),
  };
}

function isMeasured(value: unknown): value is Measured {
  if (typeof value !== "object" || value === null) return false;
  const { value: middle, low, high } = value as Partial<Record<keyof Measured, unknown>>;
  return [middle, low, high].every((each) => typeof each === "number");
}
