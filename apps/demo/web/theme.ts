import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const tide: MantineColorsTuple = [
  "#e6f7f9",
  "#cdedf1",
  "#9cdae3",
  "#68c7d4",
  "#3fb6c7",
  "#25a9bd",
  "#1293a8",
  "#007f93",
  "#006576",
  "#004d5b",
];

const coral: MantineColorsTuple = [
  "#fff0ec",
  "#ffdfd6",
  "#ffbdac",
  "#ff997f",
  "#fd7b5a",
  "#f96942",
  "#ec5730",
  "#d04823",
  "#ab3a1b",
  "#8a2e15",
];

/** Mantine's dark surfaces, in the color of deep water. */
const dark: MantineColorsTuple = [
  "#dcebee",
  "#b3cad1",
  "#8aa8b2",
  "#557885",
  "#234856",
  "#1b3a46",
  "#12303b",
  "#0d2029",
  "#07151c",
  "#050f14",
];

export const theme = createTheme({
  colors: { tide, coral, dark },
  primaryColor: "tide",
  primaryShade: 7,
  fontFamily: "'Figtree Variable', system-ui, sans-serif",
  headings: { fontFamily: "'Figtree Variable', system-ui, sans-serif", fontWeight: "700" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
});

/** The surfaces and lines of the demo, for both color schemes. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f4f8f8",
    "--mantine-color-text": "#10262e",
    "--mantine-color-dimmed": "#54707a",
    "--mantine-color-error": "#b3261e",
    "--surface": "#ffffff",
    "--surface-sunk": "#e9f1f2",
    "--line": "#d9e5e7",
    "--own": "#007f93",
    "--own-text": "#ffffff",
    "--badge": "#c93f1b",
    "--badge-text": "#ffffff",
    "--snack": "#12303b",
    "--snack-text": "#f2fbfc",
    "--snack-accent": "#7fd6e2",
    "--accent-text": "#00697a",
    "--warn": "#fff3dc",
    "--warn-text": "#7a4a00",
    "--good": "#dff4e8",
    "--good-text": "#0b6238",
    "--bad": "#fde6e3",
    "--bad-text": "var(--mantine-color-error)",
  },
  dark: {
    "--mantine-color-body": "#07151c",
    "--mantine-color-text": "#dcebee",
    "--mantine-color-dimmed": "#8aa8b2",
    "--mantine-color-error": "#ff8a80",
    "--surface": "#0d2029",
    "--surface-sunk": "#12303b",
    "--line": "#1b3a46",
    "--own": "#0b7385",
    "--own-text": "#f2fbfc",
    "--badge": "#ff8a66",
    "--badge-text": "#2a0f06",
    "--snack": "#dcebee",
    "--snack-text": "#10262e",
    "--snack-accent": "#00697a",
    "--accent-text": "#68c7d4",
    "--warn": "#33270e",
    "--warn-text": "#f3cd84",
    "--good": "#0e3324",
    "--good-text": "#7fdcab",
    "--bad": "#3b1a1a",
    "--bad-text": "var(--mantine-color-error)",
  },
});
