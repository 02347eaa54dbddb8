import { type ComponentType, createElement, lazy } from "react";

/** What makes anew each part that could not be fetched. */
const failed = new Set<() => void>();

/**
 * A part of the page that is fetched when it is first drawn. React keeps a failure to fetch it for good; here it lasts until
 * `fetchAgain`.
 */
export function later<Properties extends object>(
  load: () => Promise<{ default: ComponentType<Properties> }>,
): ComponentType<Properties> {
  const make = () =>
    lazy(() =>
      load().catch((error: unknown) => {
        failed.add(renew);
        throw error;
      }),
    );
  const renew = () => {
    part = make();
  };
  let part = make();
  return function Later(properties: Properties) {
    return createElement(part as ComponentType<Properties>, properties);
  };
}

/** What could not be fetched is fetched once more when it is drawn the next time. */
export function fetchAgain(): void {
  for (const renew of failed) renew();
  failed.clear();
}
