/// <reference lib="dom" />
import { byId } from "./dom.ts";

/** Where the choice is kept. */
const KEY = "fiedler-theme";

/** The button between light and dark: the system's choice until it is pressed. */
export function makeThemeButton(): void {
  const button = byId("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () =>
    (document.documentElement.dataset.theme ?? "") === ""
      ? system.matches
      : document.documentElement.dataset.theme === "dark";
  const label = () =>
    button.setAttribute("aria-label", `Change to ${isDark() ? "light" : "dark"} colours`);
  const kept = stored(() => localStorage.getItem(KEY));
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    stored(() => localStorage.setItem(KEY, theme));
    label();
  });
  system.addEventListener("change", label);
  label();
}

/** Storage may be forbidden in this tab: then the choice lasts as long as the page. */
function stored<T>(use: () => T): T | null {
  try {
    return use();
  } catch {
    return null;
  }
}
