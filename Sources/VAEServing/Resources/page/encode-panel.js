// An image, its posterior, its reconstruction and what that costs.
import { Panel, element } from "./panel.js";
import { base64, expect, paint, prepare } from "./picture.js";

const byId = (id) => document.getElementById(id);
const svg = (name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

export class EncodePanel extends Panel {
  /** `pad` is where the image comes from; `encoded(mu, sigma)` is called with each new posterior. */
  constructor(service, pad, encoded) {
    super("encode", service);
    this.pad = pad;
    this.encoded = encoded;
    pad.addEventListener("change", () => this.refresh());
    pad.addEventListener("message", (event) => this.say(event.detail));
  }

  take(model) {
    this.forget();
    this.model = model;
    for (const id of ["seen", "reconstruction"]) expect(byId(id), model);
  }

  refresh() {
    const model = this.model;
    this.ask(async (isCurrent) => {
      const image = this.pad.image;
      prepare(byId("seen"), model).drawImage(image, 0, 0);
      this.image = base64(image);
      const json = JSON.stringify({ images: [this.image] });
      this.showLine(model.path("reconstruct", { format: "png" }), { json, file: "reconstruction.png" });
      const answers = [this.service.ask(model.path("reconstruct"), { json })];
      // Conditional models have no scores.
      if (model.label === null) answers.push(this.service.ask(model.path("score"), { json }));
      const [reply, score] = await Promise.all(answers.map(async (answer) => (await answer).json()));
      if (!isCurrent()) return;
      paint(byId("reconstruction"), reply.images[0], model);
      this.#showScores(reply.reconstruction[0], reply.kl[0], score);
      this.#showPosterior(reply.mu[0], reply.sigma[0]);
      this.encoded(reply.mu[0], reply.sigma[0]);
    });
  }

  #showScores(reconstruction, kl, score) {
    const rows = [
      ["Reconstruction", `${reconstruction.toFixed(1)} nats`], ["KL", `${kl.toFixed(1)} nats`],
      ["−ELBO", `${(reconstruction + kl).toFixed(1)} nats`],
    ];
    if (score) rows.push(["per value", `${score.bits_per_dimension[0].toFixed(3)} bits`]);
    this.#showRank(score?.percentile?.[score.score]?.[0], score?.score);
    byId("scores").replaceChildren(...rows.map(([name, value]) => {
      const row = element("div");
      row.append(element("dt", { textContent: name }), element("dd", { textContent: value }));
      return row;
    }));
  }

  /** Where the image stands among held-out ones, if the checkpoint knows any. */
  #showRank(percentile, name) {
    byId("rank").hidden = percentile === undefined;
    if (percentile === undefined) return;
    byId("rank-mark").style.left = `${100 - percentile}%`;
    const share = percentile < 0.1 ? "fewer than 0.1" : percentile < 1 ? percentile.toFixed(1) : Math.round(percentile);
    const verdict = percentile < 5 ? "Unlike what it was trained on" : percentile < 20 ? "Unusual" : "Like what it was trained on";
    byId("rank-words").textContent = `${verdict}: ${share} % of held-out images are as unusual, by ${name}.`;
  }

  #showPosterior(mu, sigma) {
    // KL of N(μ, σ²) from N(0, 1), each dimension for itself.
    const kl = mu.map((value, at) => 0.5 * (value ** 2 + sigma[at] ** 2 - 1) - Math.log(sigma[at] || 1));
    const order = this.model.order;
    const shown = order.slice(0, 64);
    const [width, height, limit] = [Math.max(200, shown.length * 14), 180, 4];
    const y = (value) => height / 2 - (Math.max(-limit, Math.min(limit, value)) / limit) * (height / 2 - 4);
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", preserveAspectRatio: "none" });
    picture.setAttribute("aria-label", `${mu.length} dimensions; the largest |μ| is ${
      Math.max(...mu.map(Math.abs)).toFixed(2)}, ${sigma.filter((value) => value < 0.9).length} have σ below 0.9`);
    for (const level of [-2, 0, 2]) {
      picture.append(svg("line", { x1: 0, x2: width, y1: y(level), y2: y(level), class: level ? "grid" : "axis" }));
    }
    const step = width / shown.length;
    shown.forEach((dimension, at) => {
      const middle = (at + 0.5) * step;
      const [top, bottom] = [y(mu[dimension] + 2 * sigma[dimension]), y(mu[dimension] - 2 * sigma[dimension])];
      const bar = svg("g", {});
      bar.append(
        svg("rect", { x: middle - step * 0.32, width: step * 0.64, y: top, height: Math.max(2, bottom - top), rx: 2, class: "band" }),
        svg("rect", { x: middle - step * 0.32, width: step * 0.64, y: y(mu[dimension]) - 1.5, height: 3, class: "mean" }));
      const title = svg("title", {});
      title.textContent = `z${dimension}: μ ${mu[dimension].toFixed(3)}, σ ${sigma[dimension].toFixed(3)}`;
      bar.append(title);
      picture.append(bar);
    });
    byId("posterior").replaceChildren(picture);
    byId("posterior-rows").replaceChildren(...order.map((dimension) => {
      const row = element("tr");
      row.append(element("th", { scope: "row", textContent: dimension }), ...[mu, sigma, kl].map((values) =>
        element("td", { textContent: values[dimension].toFixed(3) })));
      return row;
    }));
  }
}
