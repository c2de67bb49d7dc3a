// The page of runs: a list, or some of them side by side, as the address says.
"use strict";

(function () {
  const { byId } = MlAssets;
  const PAUSE = 300; // milliseconds between two requests while manifests are being read
  const root = byId("runs");
  let runs, state, list, compare, view = "";

  function take(document) {
    runs = document;
    state = MlAssets.runsState(runs);
    const cells = MlAssets.runsCells(runs);
    list = MlAssets.runsList(runs, state, cells, MlAssets.runsWhere(runs));
    compare = MlAssets.runsCompare(runs, state, cells);
  }

  /** Show what the address says; who stood on something stands there again, or at the heading of another view. */
  function show() {
    const focused = document.activeElement && document.activeElement.id;
    const before = view, wide = byId("table") && byId("table").scrollLeft;
    view = state.now().compare.length ? "compare" : "list";
    if (view === "compare") compare.show(root);
    else list.show(root, show);
    if (view === before && focused && byId(focused)) byId(focused).focus({ preventScroll: true });
    else if (before && view !== before) (byId("compare-heading") || byId("where")).focus();
    if (wide && byId("table")) byId("table").scrollLeft = wide;
    if (before && byId("summary")) byId("said").textContent = byId("summary").textContent;
  }

  /** Ask the server for the same page until it has read all that the order needs. */
  async function goOn() {
    const typed = byId("where") && byId("where").value !== state.now().where;
    if (typed) return void setTimeout(goOn, PAUSE);
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    take(JSON.parse(page.getElementById("document").textContent));
    show();
    if (runs.reading) setTimeout(goOn, PAUSE);
  }

  take(MlAssets.document);
  show();
  if (runs.static) window.addEventListener("hashchange", show);
  if (runs.reading) setTimeout(goOn, PAUSE);
  let width = root.clientWidth;
  window.addEventListener("resize", () => {
    if (view !== "compare" || root.clientWidth === width) return;
    width = root.clientWidth;
    show();
  });
})();
