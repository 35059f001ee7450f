// Talks to the server this page came from, and says in words what went wrong.

/** As a shell takes it for one word, whatever is in it. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** A refusal, or no answer at all. `status` is 0 where there was none. */
export class ServiceError extends Error {
  constructor(message, { status = 0, code = "unreachable", requestId = "", retryAfter = 0 } = {}) {
    super(message);
    Object.assign(this, { status, code, requestId, retryAfter });
  }

  /** For people: what the service said, and where to look for more. */
  get words() {
    const hint = {
      unreachable: "Is it still running? The next change asks again.",
      unauthorized: "Type a key at the top of the page.",
      queue_full: "It is busy; the next change asks again.",
      draining: "It is being stopped.",
    }[this.code];
    return [this.message.replace(/[^.!?]$/, "$&."), hint, this.requestId && `(Request ${this.requestId})`]
      .filter(Boolean).join(" ");
  }
}

/** The API below the page's own address, whatever prefix a proxy gave it. */
export class Service extends EventTarget {
  base = new URL(".", location.href).href;
  #key = sessionStorage.getItem("key") ?? "";

  get key() { return this.#key; }
  set key(key) {
    this.#key = key;
    sessionStorage.setItem("key", key);
  }

  /** `fetch`, with the key; a reply that is none of 2xx is a ServiceError. Dispatches `unauthorized` on 401. */
  async ask(path, { json, accept = "application/json", signal } = {}) {
    const headers = { Accept: accept };
    if (this.#key) headers.Authorization = `Bearer ${this.#key}`;
    if (json !== undefined) headers["Content-Type"] = "application/json";
    let reply;
    try {
      reply = await fetch(this.base + path, { method: json === undefined ? "GET" : "POST", headers, body: json, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ServiceError("The server does not answer");
    }
    if (reply.ok) return reply;
    const body = await reply.json().catch(() => ({}));
    const error = new ServiceError(body.error ?? `The server answered ${reply.status}`, {
      status: reply.status, code: body.code ?? "", requestId: body.request_id ?? "",
      retryAfter: Number(reply.headers.get("Retry-After")) || 0,
    });
    if (error.status === 401) this.dispatchEvent(new Event("unauthorized"));
    throw error;
  }

  /** The same request as a line for a shell: no file is needed, and the picture lands in `file`. */
  curl(path, { json, file } = {}) {
    const words = ["curl -fsS"];
    // A key is a secret: the line takes it from the environment.
    if (this.#key) words.push('-H "Authorization: Bearer $VAE_API_KEY"');
    if (file) words.push(`-o ${file}`);
    if (json !== undefined) words.push("-H 'Content-Type: application/json'");
    words.push(quoted(this.base + path));
    if (json === undefined) return words.join(" ");
    // A program takes arguments of up to 128 KiB; what the shell does itself has no such limit.
    return json.length < 100_000
      ? [...words, "-d", quoted(json)].join(" ")
      : ["printf %s", quoted(json), "|", ...words, "-d @-"].join(" ");
  }
}
