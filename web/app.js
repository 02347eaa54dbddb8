// The page in small: submit films, follow each, show the answer with its heat map.
const form = document.querySelector("#form");
const results = document.querySelector("#results");
const template = document.querySelector("#result");

form.addEventListener("change", () => {
  for (const file of form.querySelector("input").files) show(file);
  form.reset();
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  form.classList.add("over");
});
document.addEventListener("dragleave", () => form.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  for (const file of event.dataTransfer.files) show(file);
});

async function show(file) {
  const item = template.content.firstElementChild.cloneNode(true);
  results.prepend(item);
  item.querySelector("h2").textContent = file.name;
  const image = item.querySelector(".image");
  image.alt = `Film ${file.name}`;
  const preview = URL.createObjectURL(file);
  image.src = preview;
  try {
    const body = new FormData();
    body.append("film", file);
    const answer = await fetch("/v1/analyses", { method: "POST", body });
    const promise = await answer.json();
    if (!answer.ok) throw new Error(`${promise.title}: ${promise.detail}`);
    await follow(item, promise);
  } catch (error) {
    tell(item, "failed", "No answer", error.message);
  } finally {
    URL.revokeObjectURL(preview);
  }
}

async function follow(item, analysis) {
  while (["queued", "processing"].includes(analysis.status)) {
    analysis = await (await fetch(`${analysis.links.self}?wait=30`)).json();
  }
  const [film] = analysis.films;
  if (film.width) item.querySelector(".image").src = `${analysis.links.self}/films/0/image.png`;
  if (analysis.status !== "completed") {
    tell(item, "failed", analysis.status, analysis.error?.detail ?? "");
    return;
  }
  item.querySelector(".type").textContent =
    `Type: ${capital(film.outcome === "analysed" ? film.bodyPart.label : film.outcome)}`;
  if (!film.fracture) {
    tell(item, "none", "Not identified", "See the film rules.");
    return;
  }
  const { label, probability, certainty, regions } = film.fracture;
  tell(
    item,
    label,
    `Result: ${capital(label)}`,
    `Probability ${(probability * 100).toFixed(0)} %, ${certainty}`,
  );
  overlay(item, `${analysis.links.self}/films/0/heatmap.png`, regions, certainty);
}

function overlay(item, source, regions, certainty) {
  const heat = item.querySelector(".heat");
  heat.src = source;
  heat.hidden = false;
  const boxes = item.querySelector(".regions");
  for (const { x, y, width, height } of regions) {
    const box = document.createElement("div");
    box.className = `region ${certainty}`;
    for (const [name, value] of Object.entries({ left: x, top: y, width, height }))
      box.style[name] = `${value * 100}%`;
    boxes.append(box);
  }
  const toggle = item.querySelector(".overlay");
  toggle.hidden = false;
  toggle.addEventListener("change", (event) => {
    heat.hidden = !event.target.checked;
    boxes.hidden = !event.target.checked;
  });
}

function tell(item, state, answer, detail) {
  const line = item.querySelector(".answer");
  line.dataset.state = state;
  line.textContent = answer;
  item.querySelector(".detail").textContent = detail;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
