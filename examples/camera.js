// The camera's picture with a box around each object, as fast as the GPU finds them.
import { createSegmenter } from "../fiedler.js";

const find = (selector) => document.querySelector(selector);
const [button, output, canvas, video] = ["button", "output", "canvas", "video"].map(find);
const context = canvas.getContext("2d");

const segmenter = await createSegmenter({ weights: "../weights/mae-tiny.safetensors" });
output.textContent = "Pictures stay on this machine.";
button.disabled = false;

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
    await video.play();
    for (;;) await showFrame();
  } catch (error) {
    output.textContent = error.message;
    button.disabled = false;
  }
});

async function showFrame() {
  const frame = await createImageBitmap(video);
  const start = performance.now();
  const { instances } = await segmenter.segment(frame, { resize: "short:128" });
  [canvas.width, canvas.height] = [frame.width, frame.height];
  context.drawImage(frame, 0, 0);
  frame.close();
  context.strokeStyle = "orange";
  for (const { box } of instances) context.strokeRect(...box);
  const ms = Math.round(performance.now() - start);
  output.textContent = `${instances.length} objects in ${ms} ms`;
}
