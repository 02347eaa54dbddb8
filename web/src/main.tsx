import { CSPProvider } from "@base-ui/react/csp-provider";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App.js";
import { loadMessages } from "./messages/index.js";
import { watchPreferences } from "./state/preferences.js";
import { openSession, watchSession } from "./state/session.js";
import { watchUnsent } from "./state/unsent.js";
import "./style/index.css";

watchPreferences();
watchSession();
watchUnsent();
const asked = openSession();
await loadMessages();
const root = document.getElementById("root");
if (root === null) throw new Error("the document has no root");
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <App />
    </CSPProvider>
  </StrictMode>,
);
await asked;
