// A model as its card describes it.

export class Model {
  constructor(card) {
    this.card = card;
    this.name = card.name;
    this.latent = card.latent;
    this.samplers = card.samplers ?? ["prior"];
    this.attributes = card.attributes ?? [];
    /** Of a conditional model, the class that every request states. */
    this.label = card.classes ? 0 : null;
    const [channels, height, width] = card.input.length === 3 ? card.input : [0, 0, 0];
    Object.assign(this, { channels, height, width });
  }

  /** Whether the page can draw for it: grey or colour images, not lists of items. */
  get takesPictures() { return [1, 3].includes(this.channels) && this.width > 1 && !this.card.items; }

  get values() { return this.channels * this.height * this.width; }

  /** Mean KL of each dimension over held-out images, in nats; zeros where the card does not say. */
  get kl() {
    const kl = this.card.kl_per_dimension;
    return kl?.length === this.latent ? kl : new Array(this.latent).fill(0);
  }

  /** Dimensions by their KL, the one that says most first. */
  get order() { return this.card.dimensions_by_kl ?? this.kl.map((_, index) => index); }

  /** Where an operation of this model is. */
  path(operation, query = {}) {
    const label = this.label === null || operation === "" ? {} : { label: this.label };
    const words = new URLSearchParams({ ...label, ...query }).toString();
    return `v1/models/${encodeURIComponent(this.name)}/${operation}${words && "?" + words}`;
  }

  /** One line for people. */
  get facts() {
    const { training = {}, likelihood } = this.card;
    const colour = { 1: "grey", 3: "colour" }[this.channels] ?? `${this.channels} channels`;
    const loss = training.test?.loss;
    return [
      `${this.width} × ${this.height} ${colour}`, `${this.latent} latent dimensions`,
      `${likelihood.replaceAll("_", " ")} likelihood`, training.dataset && `trained on ${training.dataset}`,
      loss !== undefined && `−ELBO ${loss.toFixed(2)} nats on its test images`,
    ].filter(Boolean).join(" · ");
  }
}
