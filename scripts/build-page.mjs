// Builds the page into web/dist, unless it is up to date. `deploy/Dockerfile` calls it; `npm run build` does the same.
import { buildPage } from "./lib/build-page.mjs";

await buildPage();
