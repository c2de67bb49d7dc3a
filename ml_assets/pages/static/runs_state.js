// What is looked at: the filter, the order, the page, the runs that are ticked or compared. All of it stands in the address.
"use strict";

MlAssets.runsState = function (runs) {
  const NEWEST = "as_of";
  const MOST_COMPARED = 8;

  const text = () => (runs.static ? location.hash.slice(1) : location.search.slice(1));
  const ids = (value) => [...new Set((value || "").split(",").filter((id) => /^[0-9a-f]{12}$/.test(id)))];

  /** What the address says; what it does not say is as usual. */
  function now() {
    const given = new URLSearchParams(text());
    return {
      where: given.get("where") || "",
      sort: given.get("sort") || NEWEST,
      order: given.get("order") === "asc" ? "asc" : "desc",
      page: Math.max(1, parseInt(given.get("page"), 10) || 1),
      tick: ids(given.get("tick")).slice(0, MOST_COMPARED),
      compare: ids(given.get("compare")).slice(0, MOST_COMPARED),
      all: given.get("all") === "1",
    };
  }

  /** The address of the same with something changed. A file has it after its #, so that it opens from anywhere. */
  function address(changes) {
    const { where, sort, order, page, tick, compare, all } = { ...now(), ...changes };
    const parts = new URLSearchParams();
    if (where) parts.set("where", where);
    if (sort !== NEWEST) parts.set("sort", sort);
    if (order !== "desc") parts.set("order", order);
    if (page > 1) parts.set("page", page);
    if (tick.length) parts.set("tick", tick.join(","));
    if (compare.length) parts.set("compare", compare.join(","));
    if (all) parts.set("all", "1");
    return `${runs.static ? "#" : "?"}${parts.toString().replaceAll("%2C", ",")}`;
  }

  /** Go there: a file shows it by itself, a server is asked. */
  function go(changes) {
    if (runs.static) location.hash = address(changes).slice(1);
    else location.assign(address(changes));
  }

  /** Remember something that changes nothing of what is listed. */
  function keep(changes) {
    history.replaceState(null, "", address(changes));
  }

  return { now, address, go, keep, MOST_COMPARED };
};
