// Reads the YAML that openapi.yaml is written in: mappings, sequences, flow style, quoted, plain and block scalars. What
// it does not know (anchors, tags, several documents) is an error, never a guess.

export class YAMLError extends Error {}

const KEY = /^(?:'((?:[^']|'')*)'|"((?:[^"\\]|\\.)*)"|([^\s'"[\]{},#&*!|>%@`-][^#]*?|-[^\s#][^#]*?))\s*:(?:\s+(.*))?$/;

export function parseYAML(text) { return new Reader(text.split("\n")).document(); }

class Reader {
  #lines; #at = 0;

  constructor(lines) { this.#lines = lines; }

  document() {
    const value = this.#block(0);
    if (this.#peek()) this.#fail("expected the end");
    return value;
  }

  #fail(what) { throw new YAMLError(`line ${this.#at + 1}: ${what}; found ${JSON.stringify(this.#lines[this.#at])}`); }

  /** The next line that says something: its indent and its text. */
  #peek() {
    while (this.#at < this.#lines.length && /^\s*(#.*)?$/.test(this.#lines[this.#at])) this.#at += 1;
    if (this.#at >= this.#lines.length) return null;
    const line = this.#lines[this.#at];
    const indent = line.search(/\S/);
    return { indent, text: line.slice(indent).trimEnd() };
  }

  #block(least) {
    const line = this.#peek();
    if (!line || line.indent < least) return null;
    if (/^-(\s|$)/.test(line.text)) return this.#sequence(line.indent);
    if (KEY.test(line.text)) return this.#mapping(line.indent);
    this.#at += 1;
    return this.#scalar(line.text, least - 1);
  }

  #sequence(indent) {
    const list = [];
    for (let line = this.#peek(); line?.indent === indent && /^-(\s|$)/.test(line.text); line = this.#peek()) {
      const rest = line.text.slice(1).trimStart();
      if (rest === "" || rest.startsWith("#")) {
        this.#at += 1;
        list.push(this.#block(indent + 1));
      } else {
        // What follows the dash is a block of its own, as far in as it stands.
        const inner = indent + line.text.length - rest.length;
        this.#lines[this.#at] = " ".repeat(inner) + rest;
        list.push(this.#block(inner));
      }
    }
    return list;
  }

  #mapping(indent) {
    const map = {};
    for (let line = this.#peek(); line && line.indent >= indent; line = this.#peek()) {
      const found = line.indent === indent && KEY.exec(line.text);
      if (!found) this.#fail("expected a key");
      const key = found[1]?.replaceAll("''", "'") ?? (found[2] !== undefined ? JSON.parse(`"${found[2]}"`) : found[3]);
      if (Object.hasOwn(map, key)) this.#fail(`a second ${key}`);
      const rest = (found[4] ?? "").trim();
      this.#at += 1;
      if (rest === "" || rest.startsWith("#")) {
        const next = this.#peek();
        const isList = next?.indent === indent && /^-(\s|$)/.test(next.text);
        map[key] = isList ? this.#sequence(indent) : this.#block(indent + 1);
      } else {
        map[key] = this.#scalar(rest, indent);
      }
    }
    return map;
  }

  /** A value that begins on a line with `text`; further lines of it are indented by more than `indent`. */
  #scalar(text, indent) {
    if (/^[|>]/.test(text)) return this.#literal(text, indent);
    if (/^[&*!%@`]/.test(text)) this.#fail("anchors, tags and directives are not known here");
    const isFlow = /^["'[{]/.test(text);
    for (;;) {
      if (isFlow) {
        const value = new Flow(text).whole();
        if (value !== Flow.unfinished) return value;
      }
      const line = isFlow ? this.#peek() : this.#continuation();
      if (!line || line.indent <= indent) {
        if (isFlow) this.#fail(`unfinished ${text.slice(0, 40)}`);
        return plain(text.replace(/\s+#.*$/, ""));
      }
      text += ` ${line.text}`;
      this.#at += 1;
    }
  }

  /** The next line as it is, if it may go on with a plain scalar. */
  #continuation() {
    const line = this.#lines[this.#at];
    return line?.trim() ? { indent: line.search(/\S/), text: line.trim() } : null;
  }

  #literal(mark, indent) {
    const lines = [];
    let inner = null;
    for (; this.#at < this.#lines.length; this.#at += 1) {
      const line = this.#lines[this.#at];
      if (line.trim() === "") { lines.push(""); continue; }
      const own = line.search(/\S/);
      if (own <= indent || (inner !== null && own < inner)) break;
      inner ??= own;
      lines.push(line.slice(inner));
    }
    while (lines.at(-1) === "") lines.pop();
    const end = mark.includes("-") ? "" : "\n";
    if (mark[0] === "|") return lines.join("\n") + end;
    return lines.join("\n").replace(/(\S)\n(?=\S)/g, "$1 ").replace(/\n\n/g, "\n") + end;
  }
}

/** Flow style and quoted scalars: a text that is a value from its first to its last letter. */
class Flow {
  static unfinished = Symbol("unfinished");
  #text; #at = 0;

  constructor(text) { this.#text = text; }

  whole() {
    try {
      const value = this.#value("");
      const rest = this.#text.slice(this.#at).trim();
      if (rest && !rest.startsWith("#")) throw new YAMLError(`expected nothing after a value; found ${rest}`);
      return value;
    } catch (error) {
      if (error === Flow.unfinished) return error;
      throw error;
    }
  }

  #skip() {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at += 1;
    if (this.#at >= this.#text.length) throw Flow.unfinished;
    return this.#text[this.#at];
  }

  #value(stops) {
    const first = this.#skip();
    if (first === "[") return this.#items("]", (list) => list.push(this.#value(",]")), []);
    if (first === "{") return this.#items("}", (map) => this.#member(map), {});
    if (first === "'" || first === '"') return this.#quoted(first);
    const start = this.#at;
    while (this.#at < this.#text.length && !stops.includes(this.#text[this.#at])) {
      if (this.#text[this.#at] === ":" && /\s/.test(this.#text[this.#at + 1] ?? " ")) break;
      this.#at += 1;
    }
    if (this.#at >= this.#text.length) throw Flow.unfinished;
    return plain(this.#text.slice(start, this.#at).trim());
  }

  #items(end, read, into) {
    this.#at += 1;
    while (this.#skip() !== end) {
      read(into);
      if (this.#skip() === ",") this.#at += 1;
      else if (this.#text[this.#at] !== end) throw new YAMLError(`expected , or ${end}; found ${this.#text.slice(this.#at)}`);
    }
    this.#at += 1;
    return into;
  }

  #member(map) {
    const key = this.#value(":,}");
    if (this.#skip() !== ":") throw new YAMLError(`expected a value for ${key}`);
    this.#at += 1;
    map[key] = this.#value(",}");
  }

  #quoted(mark) {
    const pattern = mark === "'" ? /'((?:[^']|'')*)'/y : /"((?:[^"\\]|\\.)*)"/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) throw Flow.unfinished;
    this.#at = pattern.lastIndex;
    return mark === "'" ? found[1].replaceAll("''", "'") : JSON.parse(`"${found[1]}"`);
  }
}

/** A plain scalar by YAML's core schema. Whole numbers beyond what JavaScript counts exactly stay text. */
function plain(text) {
  if (text === "" || text === "null" || text === "~") return null;
  if (text === "true" || text === "false") return text === "true";
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) {
    const number = Number(text);
    return Number.isInteger(number) && !Number.isSafeInteger(number) ? text : number;
  }
  return text;
}
