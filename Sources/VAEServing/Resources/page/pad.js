// Where images are drawn, by pen, mouse, finger or keys, and where files are dropped and pasted.
import { contain, offCentre, shrink } from "./picture.js";

const byId = (id) => document.getElementById(id);

/** Dispatches `change` when the image is another, and `message` with words for a live region. */
export class Pad extends EventTarget {
  #canvas = document.querySelector("#pad .drawing");
  #overlay = document.querySelector("#pad .cursor");
  #context = this.#canvas.getContext("2d", { willReadFrequently: true });
  #last = null;
  #cursor = null;
  #isExample = false;
  #isErasing = false;

  constructor() {
    super();
    this.#listenToPointers();
    this.#canvas.addEventListener("keydown", (event) => this.#onKey(event));
    this.#canvas.addEventListener("blur", () => this.#showCursor(null));
    byId("pad-clear").addEventListener("click", () => this.clear());
    byId("pad-invert").addEventListener("click", () => this.#invert());
    byId("pad-centre").addEventListener("change", () => this.#changed());
    byId("pad-erase").addEventListener("click", (event) => {
      this.#isErasing = !this.#isErasing;
      event.currentTarget.setAttribute("aria-pressed", this.#isErasing);
    });
    byId("pad-file").addEventListener("change", (event) => {
      this.#open(event.target.files[0]);
      event.target.value = "";
    });
    acceptFiles(byId("pad"), (file) => this.#open(file));
    document.addEventListener("paste", (event) => {
      const file = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
      if (file) this.#open(file);
    });
  }

  /** Begins anew for another model, with squares of whole pixels for each of its own. */
  take(model) {
    this.model = model;
    const scale = Math.max(1, Math.round(336 / Math.max(model.width, model.height)));
    for (const canvas of [this.#canvas, this.#overlay]) {
      canvas.width = model.width * scale;
      canvas.height = model.height * scale;
    }
    byId("pad-colour-field").hidden = model.channels !== 3;
    byId("pad-centre").checked = model.width <= 32 && model.channels === 1;
    this.#fill();
  }

  /** The image at the model's own size. */
  get image() {
    const image = shrink(this.#canvas, this.model);
    // What the model made is where it should be already.
    if (this.#isExample || !byId("pad-centre").checked) return image;
    return shrink(this.#canvas, this.model, offCentre(image));
  }

  /** Shows a picture that the first stroke makes way for. */
  async show(picture) {
    await contain(picture, this.#canvas);
    this.#isExample = true;
    this.#changed();
  }

  clear() {
    this.#fill();
    this.#say("Cleared");
    this.#changed();
  }

  async #open(file) {
    try {
      await contain(file, this.#canvas);
      this.#isExample = true;
      this.#changed();
    } catch {
      this.#say(`${file?.name ?? "That"} is not an image this browser can read.`);
    }
  }

  #fill() {
    this.#isExample = false;
    this.#context.fillStyle = "#000";
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #invert() {
    this.#context.globalCompositeOperation = "difference";
    this.#context.fillStyle = "#fff";
    this.#context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#context.globalCompositeOperation = "source-over";
    this.#changed();
  }

  // Drawing

  #listenToPointers() {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#begin();
      this.#last = this.#place(event);
      this.#stroke(this.#last, event.pressure);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.#last) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.#stroke(this.#place(part), part.pressure);
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { this.#last = null; });
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  #begin() {
    if (this.#isExample && !this.#isErasing) this.#fill();
    this.#isExample = false;
  }

  #stroke(to, pressure = 0.5) {
    const context = this.#context, from = this.#last ?? to;
    const colour = this.model.channels === 3 ? byId("pad-colour").value : "#fff";
    context.strokeStyle = this.#isErasing ? "#000" : colour;
    // A mouse reports a pressure of 0.5; a pen its own.
    const pixel = this.#canvas.width / this.model.width;
    const width = Math.max(1.5 * pixel, (byId("pad-width").value / 100) * this.#canvas.width);
    context.lineWidth = width * (0.5 + (pressure || 0.5)) * (this.#isErasing ? 2 : 1);
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y + 0.01);
    context.stroke();
    this.#last = to;
    this.#changed();
  }

  // Keys

  #onKey(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { width, height } = this.#canvas;
    this.#cursor ??= { x: width / 2, y: height / 2, isDown: false };
    const cursor = this.#cursor;
    if (event.key in moves) {
      const step = (width / this.model.width) * (event.shiftKey ? 4 : 1);
      const [x, y] = moves[event.key];
      if (cursor.isDown) this.#last = { x: cursor.x, y: cursor.y };
      cursor.x = Math.min(width, Math.max(0, cursor.x + x * step));
      cursor.y = Math.min(height, Math.max(0, cursor.y + y * step));
      if (cursor.isDown) this.#stroke(cursor);
    } else if (event.key === " ") {
      cursor.isDown = !cursor.isDown;
      if (cursor.isDown) {
        this.#begin();
        this.#stroke({ ...cursor });
      }
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.clear();
    } else {
      return;
    }
    this.#last = null;
    event.preventDefault();
    this.#showCursor(cursor);
    const at = (value, size, count) => Math.min(count, Math.floor((value / size) * count) + 1);
    if (event.key !== "Delete" && event.key !== "Backspace") {
      this.#say(`Pen ${cursor.isDown ? "down" : "up"}, column ${at(cursor.x, width, this.model.width)}, `
        + `row ${at(cursor.y, height, this.model.height)}`);
    }
  }

  #showCursor(cursor) {
    const overlay = this.#overlay.getContext("2d");
    overlay.clearRect(0, 0, this.#overlay.width, this.#overlay.height);
    if (!cursor) return;
    const radius = this.#overlay.width / 28;
    overlay.lineWidth = 3;
    overlay.strokeStyle = cursor.isDown ? "#5eead4" : "#ff6b6b";
    overlay.beginPath();
    overlay.arc(cursor.x, cursor.y, radius, 0, 2 * Math.PI);
    overlay.stroke();
  }

  #changed() { this.dispatchEvent(new Event("change")); }
  #say(words) { this.dispatchEvent(new CustomEvent("message", { detail: words })); }
}

/** Lets images be dropped on `place`. */
export function acceptFiles(place, open) {
  const mark = (isOver) => place.classList.toggle("over", isOver);
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  place.addEventListener("dragleave", () => mark(false));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
}
