// What works without it, made handier: whole rows open, a form is sent once, the error summary is read first, pages print.
"use strict";
document.addEventListener("click", function (event) {
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest("a, button, input, summary, label") && !String(window.getSelection())) {
    window.location.assign(row.dataset.href);
  }
  if (event.target.closest("[data-print]")) window.print();
});
document.addEventListener("submit", function (event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", function () {
  document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  document.querySelectorAll("[data-print]").forEach(function (button) { button.hidden = false; });
  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();
});
