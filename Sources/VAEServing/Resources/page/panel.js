// What every panel has: one question under way at a time, a line for the shell, and a place for words.

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Panel {
  #status; #line; #copy;
  #wanted = null;
  #isBusy = false;
  #generation = 0;

  constructor(id, service) {
    this.service = service;
    this.section = document.getElementById(id);
    this.#makeFoot();
  }

  /** Whether the panel has something to show of a model. */
  suits(model) { return model.takesPictures; }

  /**
   * Runs `work(isCurrent)` after `delay` milliseconds. Of those asked for meanwhile, or while one is under way, only the
   * last is run, so that no answer comes after a newer one; `isCurrent()` says whether it still belongs on the page.
   */
  ask(work, delay = 15) {
    this.#wanted = work;
    if (!this.#isBusy) this.#run(delay);
  }

  /** For another model: whatever is under way belongs to the old one. */
  forget() {
    this.#generation += 1;
    this.#wanted = null;
  }

  async #run(delay) {
    this.#isBusy = true;
    this.section.ariaBusy = "true";
    while (this.#wanted) {
      await wait(delay);
      const [work, generation] = [this.#wanted, this.#generation];
      this.#wanted = null;
      // Meanwhile the model may have been changed.
      if (!work) break;
      try {
        await work(() => generation === this.#generation);
        if (generation === this.#generation) this.say("");
      } catch (error) {
        if (generation === this.#generation) this.fail(error);
        if (error.retryAfter && !this.#wanted) {
          await wait(1000 * Math.min(error.retryAfter, 5));
          this.#wanted ??= generation === this.#generation ? work : null;
        }
      }
    }
    this.#isBusy = false;
    this.section.ariaBusy = "false";
  }

  /** Shows the request behind the panel as it is typed in a shell. */
  showLine(path, options) {
    this.#line.textContent = this.service.curl(path, options);
    this.#copy.disabled = false;
  }

  say(words) {
    if (this.#status.textContent !== words) this.#status.textContent = words;
    this.#status.classList.remove("error");
  }

  fail(error) {
    if (!error.words) console.error(error);
    this.say(error.words ?? `The page failed: ${error.message}`);
    this.#status.classList.add("error");
  }

  #makeFoot() {
    const title = this.section.querySelector("h2").textContent;
    this.#status = element("p", { className: "status", role: "status" });
    this.#line = element("pre", { tabIndex: 0, role: "region", ariaLabel: `${title}, as a line for the shell` });
    this.#copy = element("button", { textContent: "Copy", disabled: true, ariaLabel: `Copy the line of ${title}` });
    this.#copy.addEventListener("click", () => this.#copyLine());
    const foot = element("div", { className: "line" });
    foot.append(this.#line, this.#copy);
    this.section.append(this.#status, foot);
  }

  async #copyLine() {
    const text = this.#line.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Pages that came by plain HTTP from another machine have no clipboard of that kind.
      getSelection().selectAllChildren(this.#line);
      document.execCommand("copy");
    }
    this.#copy.textContent = "Copied";
    await wait(1500);
    this.#copy.textContent = "Copy";
  }
}

/** A new element with these properties; `role` is set as the attribute it is. */
export function element(name, { role, ...properties } = {}) {
  const made = Object.assign(document.createElement(name), properties);
  if (role) made.setAttribute("role", role);
  return made;
}
