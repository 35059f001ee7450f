#!/usr/bin/env node
// What a VAE can do, with fetch: client.mjs IMAGE [FOLDER]. VAE_URL and VAE_API_KEY say where, and with which key.
// The calls are the same in a browser, for pages of the server's own origin or of those in --cors-origin.
import { readFile, writeFile } from "node:fs/promises";

const [image, folder = "."] = process.argv.slice(2);
if (!image) throw new Error("usage: client.mjs IMAGE [FOLDER]");
const url = process.env.VAE_URL ?? "http://127.0.0.1:8080";
const key = process.env.VAE_API_KEY;

async function call(path, { headers, ...options } = {}) {
  const authorization = key ? { Authorization: `Bearer ${key}` } : {};
  const reply = await fetch(url + path, { ...options, headers: { ...headers, ...authorization } });
  if (!reply.ok) throw new Error(`${reply.status}: ${(await reply.json()).error}`);
  return reply;
}

const body = await readFile(image);
const png = { method: "POST", body, headers: { "Content-Type": "image/png" } };

// The posterior of an image, q(z|x) = N(mu, sigma²).
const posterior = await (await call("/v1/encode", png)).json();
console.log("mu", posterior.mu[0].join(" "));

// The same as bytes instead of decimals: float32, little-endian.
const compact = await (await call("/v1/encode?encoding_format=base64", png)).json();
const mu = new Float32Array(new Uint8Array(Buffer.from(compact.mu[0], "base64")).buffer);
console.log("equal", mu.every((number, index) => number === Math.fround(posterior.mu[0][index])));

// How unusual it is.
const score = await (await call("/v1/score", png)).json();
console.log("elbo", score.elbo[0]);

// Sixteen new images: equal seeds give equal bytes.
const samples = await call("/v1/sample?n=16&seed=7&format=png");
await writeFile(`${folder}/samples.png`, new Uint8Array(await samples.arrayBuffer()));
