// Behaviours of the console pages, attached by data- attributes.
// Every page works without this file.

const collator = new Intl.Collator("zh-Hans-CN", { numeric: true });

// <table data-sortable>: headings become buttons that sort the rows.
function sortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (head.dataset.kind === "action") return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort-button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows];
      const order = comparison(head.dataset.kind, column);
      rows.sort((a, b) => (down ? order(b, a) : order(a, b)));
      body.append(...rows);
    });
  });
}

function comparison(kind, column) {
  const text = (row) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent.trim();
  };
  if (kind !== "number") return (a, b) => collator.compare(text(a), text(b));
  const value = (row) => {
    const number = parseFloat(text(row).replace(/[,，\s]/g, ""));
    return Number.isNaN(number) ? -Infinity : number; // a dash stands below all
  };
  return (a, b) => value(a) - value(b) || 0;
}

// <… data-when="kind" data-is="single multi">: shown while that field has one of these
// values; what is not shown is not sent. Its <details data-open> are opened with it:
// without this script they stand closed in every form.
function shownWhen(node) {
  const field = document.getElementById(node.dataset.when);
  const wanted = node.dataset.is.split(" ");
  const show = () => {
    node.hidden = !wanted.includes(field.value);
    node.querySelectorAll("input, textarea, select").forEach((one) => (one.disabled = node.hidden));
    node.querySelectorAll("details[data-open]").forEach((one) => (one.open ||= !node.hidden));
  };
  field.addEventListener("change", show);
  show();
}

// <form data-confirm="…?">: asks before it is sent.
function confirmed(form) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

// <button data-copy="text" data-done="已复制" hidden>: shown only where it works.
function copy(button) {
  const before = button.textContent;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    if (await copied(button.dataset.copy, button)) {
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = before), 2000);
    }
  });
}

// Plain http on a local network has no clipboard object: select and copy instead.
async function copied(text, button) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  button.focus();
  return done;
}

// A form is sent once: a second click within two seconds does nothing.
function once(form) {
  let sent = 0;
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const now = performance.now();
    if (sent && now - sent < 2000) event.preventDefault();
    else sent = now;
  });
}

// <input type="file" data-send-at-once>: choosing a file sends its form.
function sendAtOnce(input) {
  input.addEventListener("change", () => {
    if (!input.files.length) return;
    if (input.form.requestSubmit) input.form.requestSubmit();
    else input.form.submit();
  });
}

document.querySelectorAll("input[data-send-at-once]").forEach(sendAtOnce);
document.querySelectorAll("table[data-sortable]").forEach(sortable);
document.querySelectorAll("form[data-confirm]").forEach(confirmed);
document.querySelectorAll("[data-when]").forEach(shownWhen);
document.querySelectorAll('form[method="post"]').forEach(once);
document.querySelectorAll("button[data-copy]").forEach(copy);
document.querySelectorAll("button[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
document.querySelector("[data-focus]")?.focus();
