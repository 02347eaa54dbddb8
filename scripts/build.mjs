// `npm run build`: compiles, packs and builds the page, whatever changed; who else sets up here meanwhile waits.
import { build } from "./lib/build.mjs";
import { buildPage } from "./lib/build-page.mjs";
import { withSetUpLock } from "./lib/set-up-lock.mjs";

await withSetUpLock(async () => {
  await build();
  await buildPage();
});
