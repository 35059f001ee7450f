// More or less of what the checkpoint has a direction for.
import { Panel } from "./panel.js";
import { expect, paintReply } from "./picture.js";

const byId = (id) => document.getElementById(id);
const STEPS = 9;

export class EditPanel extends Panel {
  #z = null;

  constructor(service) {
    super("edit", service);
    for (const id of ["edit-attribute", "edit-range"]) byId(id).addEventListener("input", () => this.refresh());
  }

  suits(model) { return super.suits(model) && model.attributes.length > 0; }

  take(model) {
    this.forget();
    this.#z = null;
    this.model = model;
    expect(byId("edited"), model, STEPS);
    byId("edit-attribute").replaceChildren(...model.attributes.map((name) => new Option(name, name)));
  }

  /** Another code; it comes less often than the decoded image. */
  follow(z) {
    this.#z = z;
    this.refresh();
  }

  refresh() {
    const model = this.model;
    const range = Number(byId("edit-range").value);
    byId("edit-range-value").textContent = range.toFixed(1);
    if (!this.#z || !this.suits(model)) return;
    this.ask(async (isCurrent) => {
      const path = model.path("edit", { format: "png" });
      const attribute = byId("edit-attribute").value;
      const json = JSON.stringify({ from: { z: this.#z }, attribute, steps: STEPS, range: Number(byId("edit-range").value) });
      this.showLine(path, { json, file: "edited.png" });
      const reply = await this.service.ask(path, { json, accept: "image/png" });
      if (!isCurrent()) return;
      await paintReply(byId("edited"), reply);
      byId("edited").ariaLabel = `From less to more of ${attribute}`;
    }, 120);
  }
}
