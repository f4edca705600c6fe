// Behaviours of the pages that make exams; they work without this file.

// <fieldset data-check-group> with buttons data-check="all|none".
document.querySelectorAll("[data-check-group]").forEach((group) => {
  group.querySelector("[data-check-buttons]").hidden = false;
  group.querySelectorAll("[data-check]").forEach((button) => {
    button.addEventListener("click", () => {
      group.querySelectorAll("input[type=checkbox]").forEach((box) => {
        box.checked = button.dataset.check === "all";
      });
    });
  });
});
