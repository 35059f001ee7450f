// Shows openapi.yaml.
import { Service } from "./service.js";

const text = await (await new Service().ask("openapi.yaml", { accept: "*/*" })).text();
const shown = document.createElement("pre");
shown.textContent = text;
document.getElementById("content").replaceChildren(shown);
