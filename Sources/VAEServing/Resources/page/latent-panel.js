// A slider for each latent dimension, and the image they stand for.
import { Panel, element } from "./panel.js";
import { expect, paintReply } from "./picture.js";

const byId = (id) => document.getElementById(id);
const RANGE = 4, FEW = 10;

/** A draw from N(0, 1), by Box and Muller. */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

export class LatentPanel extends Panel {
  z = [];
  #rows = [];

  /** `moved(z)` is called with each new code. */
  constructor(service, moved) {
    super("latent", service);
    this.moved = moved;
    byId("latent-mean").addEventListener("click", () => this.#set(this.mu));
    byId("latent-zero").addEventListener("click", () => this.#set(this.mu.map(() => 0)));
    byId("latent-prior").addEventListener("click", () => this.#set(this.mu.map(normal)));
    byId("latent-draw").addEventListener("click", () =>
      this.#set(this.mu.map((mean, at) => mean + this.sigma[at] * normal())));
    byId("latent-all").addEventListener("click", (event) => {
      const isOpen = event.currentTarget.getAttribute("aria-expanded") !== "true";
      event.currentTarget.setAttribute("aria-expanded", isOpen);
      byId("sliders").classList.toggle("few", !isOpen);
    });
  }

  take(model) {
    this.forget();
    this.model = model;
    expect(byId("decoded"), model);
    this.mu = new Array(model.latent).fill(0);
    this.sigma = new Array(model.latent).fill(1);
    this.z = [...this.mu];
    this.#rows = [];
    byId("sliders").replaceChildren(...model.order.map((dimension, rank) => this.#makeRow(dimension, rank)));
    byId("sliders").classList.add("few");
    byId("latent-all").setAttribute("aria-expanded", false);
    byId("latent-all").hidden = model.latent <= FEW;
    byId("latent-all").textContent = `All ${model.latent} dimensions`;
  }

  /** A new image: its posterior behind the sliders, its mean on them. */
  follow(mu, sigma) {
    Object.assign(this, { mu, sigma });
    const place = (value) => Math.min(100, Math.max(0, (50 * (value + RANGE)) / RANGE));
    this.#rows.forEach(({ band }, dimension) => {
      const from = place(mu[dimension] - 2 * sigma[dimension]), to = place(mu[dimension] + 2 * sigma[dimension]);
      band.style.left = `${from}%`;
      band.style.width = `${Math.max(0.5, to - from)}%`;
    });
    this.#set(mu);
  }

  #makeRow(dimension, rank) {
    const id = `z${dimension}`;
    const row = element("div", { className: "slider" });
    row.classList.toggle("more", rank >= FEW);
    const label = element("label", { htmlFor: id, className: "name" });
    label.append("z", element("sub", { textContent: dimension }));
    const slider = element("input", { id, type: "range", min: -RANGE, max: RANGE, step: 0.05, value: 0 });
    const band = element("span", { className: "posterior-band" });
    const track = element("span", { className: "track" });
    track.append(band, slider);
    const output = element("output", { htmlFor: id, textContent: "0.00" });
    const kl = element("span", { className: "muted kl", textContent: `${this.model.kl[dimension].toFixed(2)} nats` });
    slider.addEventListener("input", () => {
      this.z[dimension] = Number(slider.value);
      output.textContent = this.z[dimension].toFixed(2);
      this.#decode();
    });
    row.append(label, track, output, kl);
    this.#rows[dimension] = { slider, output, band };
    return row;
  }

  #set(z) {
    this.z = [...z];
    this.#rows.forEach(({ slider, output }, dimension) => {
      slider.value = z[dimension];
      output.textContent = z[dimension].toFixed(2);
    });
    this.#decode();
  }

  #decode() {
    const model = this.model;
    this.moved([...this.z]);
    this.ask(async (isCurrent) => {
      const path = model.path("decode", { format: "png" });
      const json = JSON.stringify({ z: [this.z] });
      this.showLine(path, { json, file: "decoded.png" });
      const reply = await this.service.ask(path, { json, accept: "image/png" });
      if (isCurrent()) await paintReply(byId("decoded"), reply);
    });
  }
}
