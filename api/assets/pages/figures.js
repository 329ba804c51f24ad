// Draws the charts of a page, reads its figures anew when they have moved, and keeps what its
// reader has opened meanwhile.
"use strict";

(() => {
  const WAIT = 2000;
  const drawn = new Map(); // the id of a chart: its specification's text, node and view
  let numbers = new Map(); // the id of a number: its text
  let opened = [];
  let scrolled = 0;
  let waiting = null;

  // A wall screen has larger letters than a desk, a telephone no room for two beside each other.
  function fit(spec, font, width) {
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    if (width < 440 * size) {
      spec.config.legend.columns = 1;
      spec.config.legend.labelLimit = width / 2 - 24;
    }
    spec.height *= size;
    spec.config.font = font;
    spec.config.axis.labelFontSize *= size;
    spec.config.legend.labelFontSize *= size;
  }

  async function draw(chart) {
    const place = chart.querySelector(".chart-drawn");
    const text = chart.querySelector("script[type='application/json']").textContent;
    const before = drawn.get(chart.id);
    if (before) place.replaceWith(before.node);
    if (before && before.text === text) return;
    const replaced = before ? before.node : place;
    const node = place.cloneNode(false);
    // Laid out but not seen, so that it has a width to be drawn at.
    node.classList.add("chart-drawing");
    replaced.before(node);
    const spec = JSON.parse(text);
    fit(spec, getComputedStyle(chart).fontFamily, node.clientWidth);
    const runtime = vega.parse(vegaLite.compile(spec).spec, null, { ast: true });
    const view = new vega.View(runtime, {
      expr: vegaInterpreter.expressionInterpreter,
      renderer: "svg",
      container: node,
      hover: true,
      logLevel: vega.Error,
    });
    drawn.set(chart.id, { text, node, view });
    await view.runAsync();
    node.classList.remove("chart-drawing");
    replaced.remove();
    if (before) before.view.finalize();
  }

  const drawAll = () => document.querySelectorAll("figure.chart").forEach(draw);

  const shown = () => document.getElementById("figures");

  const numbersShown = () =>
    new Map([...document.querySelectorAll("[data-number]")].map((e) => [e.id, e.textContent]));

  function tellMoved() {
    let moved = false;
    for (const [id, text] of numbersShown()) {
      if (numbers.has(id) && numbers.get(id) !== text) {
        document.getElementById(id).classList.add("moved");
        moved = true;
      }
    }
    if (moved) document.getElementById("figures-said").textContent = shown().dataset.said;
  }

  // Every move within the wait is read at its end, with one request.
  document.addEventListener("htmx:confirm", (event) => {
    if (event.detail.elt.id !== "figures-moved") return;
    event.preventDefault();
    const move = JSON.parse(event.detail.triggeringEvent.detail.data);
    const { position, day } = shown().dataset;
    if (waiting || (move.position <= Number(position) && move.day <= day)) return;
    waiting = setTimeout(() => {
      waiting = null;
      event.detail.issueRequest(true);
    }, WAIT);
  });
  document.addEventListener("htmx:beforeSwap", () => {
    numbers = numbersShown();
    scrolled = window.scrollY;
    opened = [...shown().querySelectorAll("details[id][open]")].map((details) => details.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
    tellMoved();
    drawAll();
    window.scrollTo({ top: scrolled, behavior: "instant" });
  });
  drawAll();
})();
