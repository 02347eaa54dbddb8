import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds serious or worse on the page as it stands. The page must be opened with `bypassCSP`: axe is a foreign script. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  // What is still fading in or out has not the colours it is read in.
  await page.waitForFunction(
    () =>
      document.querySelector("[data-starting-style], [data-ending-style]") === null &&
      document.getAnimations().every(({ playState }) => playState !== "running"),
  );
  // An open menu's guards hand on the focus as soon as they get it: nobody ever rests on them.
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(on: object): Promise<AxeResults> } }).axe.run({
      exclude: ["[data-base-ui-focus-guard]"],
    }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(
        ({ target, any }) => `${id} ${target.join(" ")} ${any.map(({ message }) => message).join(" ")}`,
      ),
    );
}
