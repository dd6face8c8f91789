// Runs before the page is drawn, so that nobody sees the wrong theme, or a picture less covered than they want it.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const dark = root.dataset.theme === "dark" || (root.dataset.theme === "auto" && system.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
  };
  apply();
  system.addEventListener("change", apply);
  if (root.dataset.blur) root.style.setProperty("--blur", `${root.dataset.blur}px`);
  try {
    root.toggleAttribute("data-calm", sessionStorage.getItem("piepowder:calm") === "1");
  } catch {
    // Without storage the quick key holds for one page.
  }
})();
