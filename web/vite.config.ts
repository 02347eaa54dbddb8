import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import own from "../package.json" with { type: "json" };

/** Where `npm run dev` finds the API. */
const api = process.env.OSTEON_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  define: { __OSTEON_VERSION__: JSON.stringify(own.version) },
  build: {
    target: "es2022",
    // Everything is a file of its own: the content security policy knows neither inline scripts nor data URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
    // Of each package inside: it has to go along with every copy. The gateway shows it at /licences.
    license: { fileName: "licences.md" },
    // 32 kB in all: a part that is fetched once more after a failure would not get its style a second time.
    cssCodeSplit: false,
    // The PDF library, which is fetched with the first PDF.
    chunkSizeWarningLimit: 1000,
  },
  server: {
    proxy: Object.fromEntries(
      ["/v1", "/docs", "/openapi.json", "/licences", "/operate/queues"].map((path) => [
        path,
        { target: api },
      ]),
    ),
  },
});
