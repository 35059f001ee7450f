// Images from the prior: a seed says which.
import { Panel, element } from "./panel.js";
import { GAP, prepare } from "./picture.js";

const byId = (id) => document.getElementById(id);
const SAMPLERS = { prior: "the prior", gaussian: "a Gaussian of all codes", gmm: "a mixture of all codes" };

export class SamplePanel extends Panel {
  /** `chosen(canvas)` is called with a tile that was pressed. */
  constructor(service, chosen) {
    super("sample", service);
    this.chosen = chosen;
    for (const id of ["sample-seed", "sample-count", "sample-temperature", "sample-sampler"]) {
      byId(id).addEventListener("input", () => this.refresh());
    }
    byId("sample-new").addEventListener("click", () => {
      byId("sample-seed").value = Math.floor(Math.random() * 1e6);
      this.refresh();
    });
  }

  take(model) {
    this.forget();
    this.model = model;
    byId("sample-sampler").replaceChildren(...model.samplers.map((name) => new Option(SAMPLERS[name] ?? name, name)));
    byId("sample-sampler-field").hidden = model.samplers.length < 2;
    this.refresh();
  }

  refresh() {
    const model = this.model;
    const temperature = byId("sample-temperature").value;
    byId("sample-temperature-value").textContent = Number(temperature).toFixed(2);
    if (!byId("sample-seed").checkValidity() || byId("sample-seed").value === "") {
      return this.say("A seed is a whole number from 0 on.");
    }
    this.ask(async (isCurrent) => {
      const count = Number(byId("sample-count").value);
      const columns = Math.ceil(Math.sqrt(count));
      const sampler = byId("sample-sampler").value;
      const path = model.path("sample", {
        n: count, seed: byId("sample-seed").value, temperature: byId("sample-temperature").value,
        ...(sampler === "prior" ? {} : { sampler }), columns, format: "png",
      });
      this.showLine(path, { file: "samples.png" });
      const reply = await this.service.ask(path, { accept: "image/png" });
      const sheet = await createImageBitmap(await reply.blob());
      if (isCurrent()) this.#show(sheet, count, columns);
    });
  }

  /** Cuts the sheet into tiles that can be pressed. */
  #show(sheet, count, columns) {
    const { width, height } = this.model;
    const place = byId("samples");
    while (place.children.length > count) place.lastChild.remove();
    while (place.children.length < count) {
      const tile = element("button", { className: "tile", ariaLabel: `Encode sample ${place.children.length + 1}` });
      const canvas = element("canvas");
      tile.append(canvas);
      tile.addEventListener("click", () => this.chosen(canvas));
      place.append(tile);
    }
    [...place.children].forEach((tile, at) => {
      const [x, y] = [at % columns, Math.floor(at / columns)];
      prepare(tile.firstChild, this.model)
        .drawImage(sheet, x * (width + GAP), y * (height + GAP), width, height, 0, 0, width, height);
    });
    sheet.close();
  }
}
