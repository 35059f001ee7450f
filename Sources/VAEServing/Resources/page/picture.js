// Pixels between canvases, PNGs and the API's numbers.

/** Sizes `canvas` to one image of `model` and gives its context. */
export function prepare(canvas, { width, height }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** Pixels between the tiles of a sheet. */
export const GAP = 2;

/** Clears `canvas` and gives it the size of a sheet of tiles, so that nothing moves when the sheet comes. */
export function expect(canvas, { width, height }, columns = 1, lines = 1) {
  canvas.width = columns * (width + GAP) - GAP;
  canvas.height = lines * (height + GAP) - GAP;
}

/** Paints values 0…1, [C][H][W], with the roundings of the server's PNG: floats first, then to the nearest byte. */
export function paint(canvas, image, model) {
  const context = prepare(canvas, model);
  const pixels = context.createImageData(model.width, model.height);
  for (let channel = 0; channel < 3; channel++) {
    const plane = image[model.channels === 3 ? channel : 0];
    plane.forEach((line, y) => line.forEach((value, x) => {
      pixels.data[4 * (y * model.width + x) + channel] =
        Math.fround(Math.fround(Math.min(1, Math.max(0, Math.fround(value))) * 255) + 0.5) | 0;
    }));
  }
  for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255;
  context.putImageData(pixels, 0, 0);
}

/** Paints a picture as the server sent it, at its own size. */
export async function paintReply(canvas, reply) {
  const picture = await createImageBitmap(await reply.blob());
  prepare(canvas, picture).drawImage(picture, 0, 0);
  picture.close();
}

/** A canvas as base64 PNG, the way the API takes images in JSON. */
export function base64(canvas) {
  return canvas.toDataURL("image/png").split(",")[1];
}

/** The mean of each square of `source` that becomes a pixel of `model`; exact where the source was enlarged from it. */
export function shrink(source, model, shift = { x: 0, y: 0 }) {
  const target = document.createElement("canvas");
  const context = prepare(target, model);
  const scale = source.width / model.width;
  const from = source.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, source.width, source.height).data;
  const into = context.createImageData(model.width, model.height);
  for (let y = 0; y < model.height; y++) {
    for (let x = 0; x < model.width; x++) {
      const sum = [0, 0, 0];
      for (let row = y * scale; row < (y + 1) * scale; row++) {
        for (let column = x * scale; column < (x + 1) * scale; column++) {
          const at = 4 * (row * source.width + column);
          sum[0] += from[at];
          sum[1] += from[at + 1];
          sum[2] += from[at + 2];
        }
      }
      const [red, green, blue] = sum.map((value) => value / scale ** 2);
      const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
      const [toX, toY] = [x + shift.x, y + shift.y];
      if (toX < 0 || toY < 0 || toX >= model.width || toY >= model.height) continue;
      into.data.set(model.channels === 3 ? [red, green, blue] : [grey, grey, grey], 4 * (toY * model.width + toX));
    }
  }
  for (let at = 3; at < into.data.length; at += 4) into.data[at] = 255;
  context.putImageData(into, 0, 0);
  return target;
}

/** How far the centre of brightness lies from the middle, in whole pixels: MNIST's digits were centred so. */
export function offCentre(picture) {
  const { width, height } = picture;
  const data = picture.getContext("2d").getImageData(0, 0, width, height).data;
  let mass = 0, x = 0, y = 0;
  for (let at = 0; at < data.length; at += 4) {
    const light = data[at] + data[at + 1] + data[at + 2];
    mass += light;
    x += light * ((at / 4) % width);
    y += light * Math.floor(at / 4 / width);
  }
  return mass === 0 ? { x: 0, y: 0 } : { x: Math.round(width / 2 - x / mass), y: Math.round(height / 2 - y / mass) };
}

/** A file, or another picture, on black, whole and undistorted. */
export async function contain(source, canvas) {
  const picture = source instanceof Blob ? await createImageBitmap(source) : source;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.fillStyle = "#000";
  context.fillRect(0, 0, canvas.width, canvas.height);
  // Enlarged pixels stay squares, so that a picture of the model's own size comes through unchanged.
  context.imageSmoothingEnabled = scale < 1;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
}
