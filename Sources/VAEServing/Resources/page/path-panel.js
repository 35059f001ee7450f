// From one image or seed to another.
import { Panel, element } from "./panel.js";
import { acceptFiles } from "./pad.js";
import { base64, contain, expect, paintReply, prepare } from "./picture.js";

const byId = (id) => document.getElementById(id);

/** One end of the path: the image on the pad, a file, or a seed. */
class End {
  constructor(id, seed, drawing, changed) {
    this.place = byId(id);
    this.changed = changed;
    this.preview = element("canvas", { className: "thumb", role: "img", ariaLabel: `${this.#title}: a sample` });
    const field = element("label", { className: "field", htmlFor: `${id}-seed`, textContent: "Seed " });
    this.seed = element("input", { id: `${id}-seed`, type: "number", min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, value: seed });
    field.append(this.seed);
    const draw = element("button", { textContent: "Your image" });
    const file = element("label", { className: "button", htmlFor: `${id}-file`, textContent: "File…" });
    const choose = element("input", {
      id: `${id}-file`, type: "file", accept: "image/*", className: "hidden", ariaLabel: `${this.#title}: choose an image file`,
    });
    const tools = element("div", { className: "row tools" });
    tools.append(field, draw, file, choose);
    this.place.append(this.preview, tools);
    this.seed.addEventListener("input", () => this.useSeed());
    draw.addEventListener("click", () => this.#useImage(drawing(), "your image"));
    choose.addEventListener("change", () => {
      this.#open(choose.files[0]);
      choose.value = "";
    });
    acceptFiles(this.place, (file) => this.#open(file));
  }

  get #title() { return this.place.querySelector("legend").textContent; }

  take(model) {
    this.model = model;
    prepare(this.preview, model);
    this.image = null;
  }

  /** As the API takes it. */
  get point() { return this.image ?? { seed: Number(this.seed.value) }; }
  get isValid() { return this.image !== null || (this.seed.value !== "" && this.seed.checkValidity()); }

  useSeed() {
    this.image = null;
    this.preview.ariaLabel = `${this.#title}: a sample`;
    this.changed();
  }

  #useImage(canvas, name) {
    prepare(this.preview, this.model).drawImage(canvas, 0, 0);
    this.preview.ariaLabel = `${this.#title}: ${name}`;
    this.image = base64(canvas);
    this.changed();
  }

  async #open(file) {
    const canvas = element("canvas");
    prepare(canvas, this.model);
    try {
      await contain(file, canvas);
      this.#useImage(canvas, file.name);
    } catch {
      this.changed(`${file.name} is not an image this browser can read.`);
    }
  }

  /** The preview of a seed is where the path begins or ends. */
  showTile(strip, x) {
    if (this.image !== null) return;
    const { width, height } = this.model;
    prepare(this.preview, this.model).drawImage(strip, x, 0, width, height, 0, 0, width, height);
  }
}

export class PathPanel extends Panel {
  /** `drawing()` gives the image on the pad, at the model's size. */
  constructor(service, drawing) {
    super("path", service);
    const changed = (words) => (words ? this.say(words) : this.refresh());
    this.ends = [new End("path-from", 3, drawing, changed), new End("path-to", 7, drawing, changed)];
    for (const id of ["path-steps", "path-method"]) byId(id).addEventListener("input", () => this.refresh());
  }

  take(model) {
    this.forget();
    this.model = model;
    expect(byId("strip"), model, Number(byId("path-steps").value));
    for (const end of this.ends) end.take(model);
    this.refresh();
  }

  refresh() {
    const model = this.model;
    byId("path-steps-value").textContent = byId("path-steps").value;
    if (!this.ends.every((end) => end.isValid)) return this.say("A seed is a whole number from 0 on.");
    this.ask(async (isCurrent) => {
      const [from, to] = this.ends;
      const steps = Number(byId("path-steps").value);
      const path = model.path("interpolate", { format: "png" });
      const json = JSON.stringify({ from: from.point, to: to.point, steps, method: byId("path-method").value });
      this.showLine(path, { json, file: "interpolation.png" });
      const reply = await this.service.ask(path, { json, accept: "image/png" });
      if (!isCurrent()) return;
      const strip = byId("strip");
      await paintReply(strip, reply);
      from.showTile(strip, 0);
      to.showTile(strip, strip.width - model.width);
    });
  }
}
