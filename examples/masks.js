// The objects in a photo that somebody chooses, each in a colour of its own.
import { createSegmenter, instanceMask } from "../fiedler.js";

const [input, output, canvas] = ["input", "output", "canvas"].map((s) => document.querySelector(s));

const segmenter = await createSegmenter({ weights: "../weights/mae-tiny.safetensors" });
output.textContent = "Choose one; it stays on this machine.";

input.addEventListener("change", async () => {
  try {
    const photo = await createImageBitmap(input.files[0]);
    const { instances } = await segmenter.segment(photo);
    paint(photo, instances);
    output.textContent = `${instances.length} objects`;
  } catch (error) {
    output.textContent = error.message;
  }
});

function paint(photo, instances) {
  [canvas.width, canvas.height] = [photo.width, photo.height];
  const context = canvas.getContext("2d");
  context.drawImage(photo, 0, 0);
  const pixels = context.getImageData(0, 0, photo.width, photo.height);
  // Best last, so that it lies on top.
  for (const [i, instance] of [...instances.entries()].reverse()) {
    const colour = [0, 2, 4].map((third) => 128 + 127 * Math.cos(i * 2.4 + third));
    const mask = instanceMask(instance); // [height, width], 0 or 1
    for (let p = 0; p < mask.length; p++) {
      if (!mask[p]) continue;
      for (let c = 0; c < 3; c++) pixels.data[4 * p + c] = (pixels.data[4 * p + c] + colour[c]) / 2;
    }
  }
  context.putImageData(pixels, 0, 0);
}
