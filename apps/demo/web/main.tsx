import "@fontsource-variable/figtree";
import "@mantine/core/styles.layer.css";
import "./style.css";
import { MantineProvider } from "@mantine/core";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { CrashBoundary } from "./crash-boundary.tsx";
import { theme, variables } from "./theme.ts";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root.");

createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <CrashBoundary>
        <App />
      </CrashBoundary>
    </MantineProvider>
  </StrictMode>,
);
