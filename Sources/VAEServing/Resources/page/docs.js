// Renders openapi.yaml: what the server says of itself, without help from anywhere.
import { Service } from "./service.js";
import { element } from "./panel.js";
import { parseYAML } from "./yaml.js";

const byId = (id) => document.getElementById(id);
const service = new Service();
const METHODS = ["get", "post"];
let document_;

/** What a `$ref` stands for; its own members, such as a description, win. */
function follow(node) {
  if (!node?.$ref) return node ?? {};
  const { $ref, ...own } = node;
  const found = $ref.slice(2).split("/").reduce((at, name) => at?.[name.replaceAll("~1", "/")], document_);
  return { ...follow(found), ...own };
}

/** Makes an element with children. */
function make(name, properties, ...children) {
  const made = element(name, properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A path that may be broken after a slash. */
const breakable = (path) => path.split(/(?<=.\/)/).flatMap((part) => [part, element("wbr")]);

// Text: paragraphs, lists, `code` and nothing else.

function inline(text) {
  return text.split(/(`[^`]+`)/).map((part) =>
    part.startsWith("`") && part.length > 1 ? element("code", { textContent: part.slice(1, -1) }) : part);
}

function prose(text) {
  const blocks = (text ?? "").trim().split(/\n\s*\n|\n(?=- )/).filter(Boolean);
  const place = element("div", { className: "text" });
  for (const block of blocks) {
    if (!block.startsWith("- ")) {
      place.append(make("p", {}, ...inline(block)));
      continue;
    }
    if (place.lastChild?.tagName !== "UL") place.append(element("ul"));
    place.lastChild.append(make("li", {}, ...inline(block.slice(2).replace(/\n\s+/g, " "))));
  }
  return place;
}

// Schemas

/** A schema in a few words: `integer 1…1024, default 1`. */
function typeOf(node, depth = 0) {
  const schema = follow(node);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map((choice) => typeOf(choice, depth + 1)).join(" or ");
  if (schema.allOf) return schema.allOf.map((part) => typeOf(part, depth)).join(" and ");
  const words = [Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type ?? "anything"];
  if (schema.type === "array") words[0] = schema.items && depth < 3 ? `list of ${typeOf(schema.items, depth + 1)}` : "list";
  if (schema.type === "object" && depth > 0 && schema.properties) words[0] = `{ ${Object.keys(schema.properties).join(", ")} }`;
  if (schema.contentMediaType) words[0] = schema.contentMediaType;
  if (schema.contentEncoding) words[0] = `${schema.contentEncoding} text`;
  if (schema.enum) words[0] = schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) words[0] = JSON.stringify(schema.const);
  if (schema.minimum !== undefined || schema.maximum !== undefined) {
    words[0] += ` ${schema.minimum ?? ""}…${schema.maximum ?? ""}`;
  }
  if (schema.minItems !== undefined || schema.maxItems !== undefined) {
    words.push(`${schema.minItems ?? 0}…${schema.maxItems ?? ""} of them`);
  }
  if (schema.default !== undefined) words.push(`default ${JSON.stringify(schema.default)}`);
  return words.join(", ");
}

function fact(name, type, description, ...more) {
  const title = make("dt", {}, element("code", { textContent: name }));
  const body = make("dd", {}, type ? element("span", { className: "type", textContent: type }) : null,
    description ? prose(description) : null, ...more);
  return make("div", {}, title, body);
}

/** The members of an object, and theirs. */
function members(node, depth = 0) {
  const schema = follow(node);
  if (!schema.properties || depth > 3) return null;
  const facts = Object.entries(schema.properties).map(([name, property]) => {
    const isNeeded = schema.required?.includes(name);
    const child = follow(property);
    const inner = members(child.type === "array" ? child.items : child, depth + 1);
    return fact(name, typeOf(property) + (isNeeded ? ", required" : ""), child.description, inner);
  });
  return make("dl", { className: "facts" }, ...facts);
}

function contents(content) {
  return Object.entries(content ?? {}).map(([media, { schema }]) => {
    const shown = fact(media, members(schema) || typeOf(schema) === media ? "" : typeOf(schema), follow(schema).description, members(schema));
    shown.className = "wide";
    return shown;
  });
}

// Operations

function example(parameter) {
  const { example: own, schema } = parameter;
  return own ?? schema?.example ?? schema?.examples?.[0];
}

/** An operation with its example, as path, query and body; `null` for the body where the file has none. */
function request(path, operation, parameters) {
  const query = new URLSearchParams();
  let place = path.slice(1), isComplete = true;
  for (const parameter of parameters) {
    const value = example(parameter);
    if (parameter.in === "path") {
      isComplete &&= value !== undefined;
      place = place.replace(`{${parameter.name}}`, encodeURIComponent(value ?? parameter.name.toUpperCase()));
    }
    // `threshold` is for checkpoints that know held-out images.
    if (parameter.in === "query" && value !== undefined && parameter.name !== "threshold") query.set(parameter.name, value);
  }
  const media = follow(operation.requestBody).content;
  const body = media?.["application/json"]?.example ?? Object.values(media?.["application/json"]?.examples ?? {})[0]?.value;
  return { path: place + (query.size ? `?${query}` : ""), json: body && JSON.stringify(body), needsBody: media !== undefined, isComplete };
}

function line({ path, json, needsBody }, method) {
  if (json || method === "get") return service.curl(path, { json });
  const body = needsBody ? " --data-binary @image.png -H 'Content-Type: image/png'" : " -X POST";
  return service.curl(path) + body;
}

/** Shows what the server answers to the example. */
function runner(asked) {
  const place = make("div", { role: "status" });
  const button = element("button", { textContent: "Run it" });
  button.addEventListener("click", async () => {
    button.disabled = true;
    const shown = make("pre", { className: "answer", tabIndex: 0, role: "region", ariaLabel: "Answer" });
    try {
      const reply = await service.ask(asked.path, { json: asked.json, accept: "*/*" });
      const type = reply.headers.get("Content-Type") ?? "";
      if (type.startsWith("image/")) {
        shown.append(element("img", { src: URL.createObjectURL(await reply.blob()), alt: "The picture the server answered with" }));
      } else {
        const text = await reply.text();
        const neat = type.includes("json") ? JSON.stringify(JSON.parse(text), null, 1).replace(/\n\s+(?=[-\d\]])/g, " ") : text;
        shown.textContent = neat.length > 20_000 ? `${neat.slice(0, 20_000)} …` : neat;
      }
    } catch (error) {
      shown.textContent = error.words ?? String(error);
    }
    place.replaceChildren(shown);
    button.disabled = false;
  });
  return [make("div", { className: "row" }, button), place];
}

function show(path, method, operation, twin) {
  const parameters = (operation.parameters ?? []).map(follow);
  const heading = make("summary", {}, element("span", { className: `method ${method}`, textContent: method.toUpperCase() }),
    make("h3", {}, ...breakable(path)), element("span", { className: "what", textContent: operation.summary ?? "" }));
  const shown = make("details", { className: "operation", id: operation.operationId }, heading);
  shown.dataset.words = [path, twin, method, operation.summary, operation.description, ...parameters.map(({ name }) => name)]
    .join(" ").toLowerCase();
  // Forty operations at once would be ten thousand elements.
  shown.addEventListener("toggle", () => shown.append(tell(path, method, operation, parameters, twin)), { once: true });
  return shown;
}

/** All there is to say of an operation, its line for the shell first. */
function tell(path, method, operation, parameters, twin) {
  const asked = request(path, operation, parameters);
  const inside = make("div", { className: "inside" }, prose(operation.description));
  if (twin) inside.append(make("p", { className: "small muted" }, "Of a model by its name: ", element("code", { textContent: twin })));
  const shell = make("pre", { tabIndex: 0, role: "region", ariaLabel: `${method} ${path} as a line for the shell` }, line(asked, method));
  inside.append(make("div", { className: "line" }, shell));
  const isHarmless = asked.isComplete && (method === "get" || asked.json) && !/load/i.test(operation.operationId);
  if (isHarmless) inside.append(...runner(asked));
  const section = (title, facts) => facts.length
    && inside.append(element("h4", { textContent: title }), make("dl", { className: "facts" }, ...facts));
  section("Parameters", parameters.map((parameter) => fact(parameter.name,
    [typeOf(parameter.schema), parameter.in, parameter.required && "required"].filter(Boolean).join(", "), parameter.description)));
  const body = follow(operation.requestBody);
  section("Body", contents(body.content));
  if (body.description) inside.append(prose(body.description));
  section("Answers", Object.entries(operation.responses).map(([status, response]) => {
    const { description, content } = follow(response);
    const isError = status === "default" || Number(status) >= 400;
    const inner = isError ? [] : contents(content);
    return fact(status, "", description, inner.length ? make("dl", { className: "facts" }, ...inner) : null);
  }));
  return inside;
}

/** Operations by tag. `/v1/models/{model}/x` is told with `/v1/x`. */
function groups() {
  const paths = document_.paths;
  const groups = new Map(document_.tags.map((tag) => [tag.name, { ...tag, operations: [] }]));
  for (const [path, item] of Object.entries(paths)) {
    const short = path.replace("/v1/models/{model}/", "/v1/");
    if (short !== path && short in paths) continue;
    const long = path.replace("/v1/", "/v1/models/{model}/");
    for (const method of METHODS.filter((method) => item[method])) {
      const twin = long !== path && paths[long]?.[method] ? long : null;
      groups.get(item[method].tags[0])?.operations.push({ path, method, operation: item[method], twin });
    }
  }
  return [...groups.values()].filter((group) => group.operations.length);
}

function render() {
  const { info } = document_;
  const page = [make("div", { className: "about" }, element("h1", { textContent: info.title }),
    element("p", { className: "muted", textContent: `${info.summary} · version ${info.version}` }), prose(info.description))];
  const list = [];
  for (const group of groups()) {
    const shown = group.operations.map(({ path, method, operation, twin }) => show(path, method, operation, twin));
    const title = group.description?.replace(/\.$/, "") ?? group.name;
    page.push(make("section", { ariaLabel: title }, element("h2", { className: "group", textContent: title }), ...shown));
    list.push(make("section", {}, element("h2", { textContent: title }), make("ul", {}, ...group.operations.map(({ path, method, operation }) =>
      make("li", {}, make("a", { href: `#${operation.operationId}` },
        element("span", { className: `method ${method}`, textContent: method.toUpperCase() }), make("span", {}, ...breakable(path.replace("/v1/", "")))))))));
  }
  byId("content").replaceChildren(...page);
  byId("contents").replaceChildren(...list);
}

function openNamed() {
  const named = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (named?.tagName !== "DETAILS") return;
  named.open = true;
  named.scrollIntoView();
}

byId("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const operation of document.querySelectorAll(".operation")) {
    operation.hidden = !words.every((word) => operation.dataset.words.includes(word));
    if (!operation.hidden) count += 1;
    const link = document.querySelector(`#contents a[href="#${operation.id}"]`);
    link.parentElement.hidden = operation.hidden;
  }
  for (const section of document.querySelectorAll("#content section, #contents section")) {
    section.hidden = !section.querySelector(".operation:not([hidden]), li:not([hidden])");
  }
  byId("found").textContent = words.length ? `${count} found` : "";
});
addEventListener("hashchange", openNamed);

try {
  document_ = parseYAML(await (await service.ask("openapi.yaml", { accept: "*/*" })).text());
  render();
  openNamed();
} catch (error) {
  byId("content").replaceChildren(make("p", { className: "status error", role: "alert" },
    `This page cannot show openapi.yaml (${error.words ?? error.message}); `, make("a", { href: "openapi.yaml" }, "here it is as it is"), "."));
}
