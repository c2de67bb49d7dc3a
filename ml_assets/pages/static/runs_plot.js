// A metric over the days of some parameter sets: lines with their intervals, and the same as a table.
"use strict";

MlAssets.runsPlot = function (cells) {
  const { element } = MlAssets;
  const SVG = "http://www.w3.org/2000/svg";
  const EDGE = { left: 64, right: 16, top: 12, bottom: 30 }; // pixels around the plot
  const HEIGHT = 240, WIDEST = 760, NARROWEST = 280, MARKED = 80; // days up to which each is marked
  const DAY = 86400000; // milliseconds

  function svg(tag, attributes, ...children) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
    made.append(...children.flat(Infinity).filter(Boolean));
    return made;
  }

  const time = (day) => Date.parse(`${day}T00:00:00Z`);

  function span(values, room) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const more = high > low ? (high - low) * room : Math.abs(high) * 0.1 || 1;
    return room || high === low ? [low - more, high + more] : [low, high];
  }

  const scale = ([low, high], [from, to]) => (value) => from + ((value - low) / (high - low)) * (to - from);

  /** The shape of a point of each series, so that they are told apart without colour. */
  function marker(number, x, y) {
    const size = 4, of = { class: `series-${number} point` };
    const corners = { 1: [[-1, -1], [1, -1], [1, 1], [-1, 1]], 2: [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]], 3: [[0, -1.3], [1.2, 1], [-1.2, 1]] }[number % 4];
    if (!corners) return svg("circle", { ...of, cx: x, cy: y, r: size });
    return svg("polygon", { ...of, points: corners.map(([a, b]) => `${x + a * size},${y + b * size}`).join(" ") });
  }

  function axes(width, xs, ys, x, y) {
    const ticks = [0, 1, 2, 3, 4].map((n) => ys[0] + (n * (ys[1] - ys[0])) / 4);
    const days = [...new Set(width > 520 ? [0, 0.5, 1] : [0, 1])].map((part) => Math.round((xs[0] + part * (xs[1] - xs[0])) / DAY) * DAY);
    const anchor = (n) => (n === 0 ? "start" : n === days.length - 1 ? "end" : "middle");
    return [
      ticks.flatMap((value) => [
        svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
        svg("text", { class: "tick", x: EDGE.left - 6, y: y(value) + 4, "text-anchor": "end" }, String(Number(value.toPrecision(3)))),
      ]),
      days.map((day, n) => svg("text", { class: "tick", x: x(day), y: HEIGHT - 8, "text-anchor": anchor(n) }, new Date(day).toISOString().slice(0, 10))),
    ];
  }

  function lineOf(series, number, x, y) {
    const at = series.points.map(({ day, value, ends }) => ({ x: x(time(day)), y: y(value), ends: ends && ends.map(y) }));
    const band = at.filter(({ ends }) => ends);
    const isFew = at.length <= MARKED;
    return [
      isFew ? band.map((point) => svg("line", { class: `series-${number} whisker`, x1: point.x, x2: point.x, y1: point.ends[0], y2: point.ends[1] }))
        : svg("polygon", { class: `series-${number} band`, points: [...band.map((p) => `${p.x},${p.ends[0]}`), ...band.reverse().map((p) => `${p.x},${p.ends[1]}`)].join(" ") }),
      svg("polyline", { class: `series-${number} line`, points: at.map((point) => `${point.x},${point.y}`).join(" ") }),
      isFew ? at.map((point) => marker(number, point.x, point.y)) : null,
    ];
  }

  function tableOf(metric, all) {
    const days = [...new Set(all.flatMap(({ points }) => points.map(({ day }) => day)))].sort();
    const byDay = all.map(({ points }) => new Map(points.map((point) => [point.day, point])));
    const told = (point) => (point ? `${cells.short(point.value)}${point.ends ? ` (${cells.short(point.ends[0])} to ${cells.short(point.ends[1])})` : ""}` : "");
    return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${metric.name} by day, a table` },
      element("table", {},
        element("thead", {}, element("tr", {}, element("th", { scope: "col", text: "Day" }), all.map(({ name }) => element("th", { scope: "col", class: "number" }, cells.plain(name))))),
        element("tbody", {}, days.map((day) => element("tr", {}, element("th", { scope: "row", text: day }),
          byDay.map((points) => element("td", { class: "number", text: told(points.get(day)) })))))));
  }

  /**
   * One figure. `all` are series `{name, number, points: [{day, value, ends}]}`, points by day; `width` is that of the
   * place it is put into.
   */
  function figure(metric, all, width) {
    const wide = Math.max(NARROWEST, Math.min(WIDEST, width));
    const points = all.flatMap((series) => series.points);
    const xs = span(points.map(({ day }) => time(day)), 0);
    if (xs[0] === xs[1] || points.every(({ day }) => day === points[0].day)) [xs[0], xs[1]] = [time(points[0].day) - DAY, time(points[0].day) + DAY];
    const ys = span(points.flatMap(({ value, ends }) => [value, ...(ends || [])]), 0.06);
    const x = scale(xs, [EDGE.left, wide - EDGE.right]), y = scale(ys, [HEIGHT - EDGE.bottom, EDGE.top]);
    const names = all.map(({ name, points: own }) => `${name} on ${own.length} ${own.length === 1 ? "day" : "days"}`).join(", ");
    const details = element("details", {}, element("summary", { text: `${metric.name} as a table` }));
    details.addEventListener("toggle", () => { if (details.open && !details.querySelector("table")) details.append(tableOf(metric, all)); });
    return element("figure", { class: "plot" },
      element("figcaption", {}, element("strong", {}, cells.plain(metric.name)), cells.BETTER[metric.better] ? element("span", { class: "small muted", text: ` ${cells.BETTER[metric.better]}` }) : null),
      svg("svg", { viewBox: `0 0 ${wide} ${HEIGHT}`, width: wide, height: HEIGHT, role: "img", "aria-label": `${metric.name} by day: ${names}` },
        axes(wide, xs, ys, x, y), all.map((series) => lineOf(series, series.number, x, y))),
      details);
  }

  return { figure, marker, svg };
};
