"use strict";
(function () {
  var root = document.documentElement;

  // Colour scheme: follow the system until asked otherwise.
  var toggle = document.createElement("button");
  toggle.className = "toggle";
  toggle.type = "button";
  function dark() {
    var set = root.dataset.theme;
    return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function name() { toggle.textContent = dark() ? "Light" : "Dark"; toggle.setAttribute("aria-label", (dark() ? "Light" : "Dark") + " colours"); }
  toggle.addEventListener("click", function () { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  name();
  document.querySelector(".masthead").appendChild(toggle);

  // Tables: sort by any column.
  function key(row, at) {
    var cell = row.cells[at];
    if (!cell) { return ""; }
    var given = cell.dataset.sort;
    var text = given !== undefined ? given : cell.textContent.trim();
    var number = parseFloat(text.replace(/[,<>%]/g, "").replace("\u2212", "-"));
    return given !== undefined || /^[<>\u2212\d.]/.test(text) && !isNaN(number) ? number : text.toLowerCase();
  }
  document.querySelectorAll("table[data-sortable]").forEach(function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, at) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        Array.prototype.forEach.call(table.tHead.rows[0].cells, function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var body = table.tBodies[0];
        Array.from(body.rows).map(function (row, k) { return [key(row, at), k, row]; }).sort(function (a, b) {
          var order = typeof a[0] === typeof b[0] ? (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) : typeof a[0] === "number" ? -1 : 1;
          return (up ? order : -order) || a[1] - b[1];
        }).forEach(function (item) { body.appendChild(item[2]); });
      });
    });
  });

  // Citations: a card with the text of the target, on hover and on focus.
  var card = document.createElement("div");
  card.className = "tip";
  card.id = "tip";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  document.body.appendChild(card);
  var shown = null;
  function show(link) {
    var target = document.getElementById(link.getAttribute("href").slice(1));
    var parts = target ? Array.prototype.slice.call(target.children, 0, 3) : [];
    var text = parts.map(function (e) { return e.textContent.replace(/\s+/g, " ").trim(); }).filter(Boolean).join(" \u00b7 ");
    if (!text) { return; }
    shown = link;
    card.textContent = text.length > 320 ? text.slice(0, 320) + "\u2026" : text;
    card.hidden = false;
    link.setAttribute("aria-describedby", "tip");
    var box = link.getBoundingClientRect();
    var width = card.offsetWidth, height = card.offsetHeight;
    var left = Math.max(8, Math.min(box.left, window.innerWidth - width - 8));
    var top = box.bottom + 6 + height > window.innerHeight ? box.top - height - 6 : box.bottom + 6;
    card.style.left = left + "px";
    card.style.top = Math.max(8, top) + "px";
  }
  function hide() {
    if (shown) { shown.removeAttribute("aria-describedby"); shown = null; }
    card.hidden = true;
  }
  document.querySelectorAll("a.cite").forEach(function (link) {
    link.addEventListener("mouseenter", function () { show(link); });
    link.addEventListener("focus", function () { show(link); });
    link.addEventListener("mouseleave", hide);
    link.addEventListener("blur", hide);
  });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { hide(); } });

  // A link into a closed part opens it; printing opens everything.
  function open() {
    var at = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var up = at; up; up = up.parentElement) { if (up.tagName === "DETAILS") { up.open = true; } }
    if (at) { at.scrollIntoView(); }
  }
  window.addEventListener("hashchange", open);
  open();
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details.more:not([open]), details.trail:not([open])"));
    opened.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (d) { d.open = false; }); });

  // Contents: mark the part in view.
  var links = {};
  document.querySelectorAll(".contents a").forEach(function (a) { links[a.getAttribute("href").slice(1)] = a; });
  if ("IntersectionObserver" in window) {
    var watch = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (entry.isIntersecting && links[entry.target.id]) {
          Object.keys(links).forEach(function (id) { links[id].removeAttribute("aria-current"); });
          links[entry.target.id].setAttribute("aria-current", "true");
        }
      });
    }, { rootMargin: "-20% 0px -70% 0px" });
    document.querySelectorAll("main > section").forEach(function (part) { watch.observe(part); });
  }
})();
