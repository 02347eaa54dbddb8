// Builds the page into web/dist, unless it is up to date. Part of `npm run build`.
import { buildPage } from "./lib/build-page.mjs";

await buildPage();
