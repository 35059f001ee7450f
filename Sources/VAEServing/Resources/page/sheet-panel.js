// What single dimensions do: a line of images for each.
import { Panel, element } from "./panel.js";
import { expect, paintReply } from "./picture.js";

const byId = (id) => document.getElementById(id);
const LINES = 6, RANGE = 3;
/** As many images in a line as can be told apart. */
const steps = () => (matchMedia("(max-width: 680px)").matches ? 9 : 15);

export class SheetPanel extends Panel {
  constructor(service) { super("sheet", service); }

  take(model) {
    this.forget();
    this.model = model;
    this.dimensions = model.order.slice(0, LINES);
    expect(byId("sheet-picture"), model, steps(), this.dimensions.length);
    byId("sheet-names").replaceChildren(...this.dimensions.map((dimension) => {
      const name = element("span", { textContent: "z" });
      name.append(element("sub", { textContent: dimension }));
      return name;
    }));
  }

  /** Another code. It comes less often than the decoded image: a sheet is as much work as ninety of those. */
  follow(z) {
    const model = this.model;
    this.ask(async (isCurrent) => {
      const path = model.path("traverse", { format: "png" });
      const json = JSON.stringify({ from: { z }, dimensions: this.dimensions, range: RANGE, steps: steps() });
      this.showLine(path, { json, file: "traversals.png" });
      const reply = await this.service.ask(path, { json, accept: "image/png" });
      if (!isCurrent()) return;
      await paintReply(byId("sheet-picture"), reply);
      byId("sheet-picture").ariaLabel = `Traversals of dimensions ${this.dimensions.join(", ")}`;
    }, 120);
  }
}
