// Puts the panels together: which model, and what follows from what.
import { EditPanel } from "./edit-panel.js";
import { EncodePanel } from "./encode-panel.js";
import { LatentPanel } from "./latent-panel.js";
import { Model } from "./model.js";
import { Pad } from "./pad.js";
import { PathPanel } from "./path-panel.js";
import { SamplePanel } from "./sample-panel.js";
import { Service } from "./service.js";
import { SheetPanel } from "./sheet-panel.js";
import { paintReply } from "./picture.js";

const byId = (id) => document.getElementById(id);
const service = new Service();
const pad = new Pad();
const sheet = new SheetPanel(service);
const edit = new EditPanel(service);
const latent = new LatentPanel(service, (z) => {
  sheet.follow(z);
  edit.follow(z);
});
const encode = new EncodePanel(service, pad, (mu, sigma) => latent.follow(mu, sigma));
const sample = new SamplePanel(service, (canvas) => {
  pad.show(canvas);
  byId("encode").scrollIntoView({ block: "start" });
});
const path = new PathPanel(service, () => pad.image);
const panels = [encode, latent, sheet, edit, sample, path];
let models = [];

/** Asks what is served, and shows the model that the address names, or the default one. */
async function start() {
  try {
    const listing = await (await service.ask("v1/models")).json();
    models = listing.models.map((card) => new Model(card));
    byId("key").hidden = true;
    const wanted = new URLSearchParams(location.search).get("model") ?? listing.default;
    const choice = byId("model");
    choice.replaceChildren(...models.map((model) => new Option(model.name, model.name, false, model.name === wanted)));
    choice.disabled = false;
    await show(models.find((model) => model.name === choice.value));
  } catch (error) {
    byId("facts").textContent = error.words ?? `The page failed: ${error.message}`;
    if (!error.words) console.error(error);
  }
}

async function show(model) {
  byId("facts").textContent = model.facts;
  byId("card-link").href = model.path("").slice(0, -1);
  for (const panel of panels) panel.section.hidden = !panel.suits(model);
  byId("label-field").hidden = model.label === null;
  const classes = Array.from({ length: model.card.classes ?? 0 }, (_, label) => new Option(label, label, false, label === model.label));
  byId("label").replaceChildren(...classes);
  if (!model.takesPictures) {
    byId("facts").textContent += " · This page draws grey and colour images only; the API serves this model too.";
    return;
  }
  for (const panel of panels) panel.forget();
  pad.take(model);
  for (const panel of panels) panel.take(model);
  await example(model);
}

/** Something to look at before anything was drawn: an image of the model's own. */
async function example(model, seed = 7) {
  try {
    // Where the codes of data lie, images are more like data.
    const sampler = model.samplers.includes("gmm") ? { sampler: "gmm" } : {};
    const reply = await service.ask(model.path("sample", { seed, ...sampler, format: "png" }), { accept: "image/png" });
    const canvas = document.createElement("canvas");
    await paintReply(canvas, reply);
    await pad.show(canvas);
  } catch (error) { encode.fail(error); }
}

byId("model").addEventListener("change", (event) => {
  const model = models.find((model) => model.name === event.target.value);
  history.replaceState(null, "", `?model=${encodeURIComponent(model.name)}`);
  show(model);
});
byId("label").addEventListener("change", (event) => {
  encode.model.label = Number(event.target.value);
  for (const panel of [encode, sample, path]) panel.refresh();
});
byId("pad-example").addEventListener("click", () => example(encode.model, Math.floor(Math.random() * 1e6)));
service.addEventListener("unauthorized", () => {
  if (!byId("key").hidden) return;
  byId("key").hidden = false;
  byId("key-field").focus();
});
byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  service.key = byId("key-field").value.trim();
  byId("key-field").value = "";
  start();
});
// A file dropped beside the pad must not replace the page.
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());

start();
