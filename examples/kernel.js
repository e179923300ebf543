// One kernel, connected components, on the device and a buffer that the page has already.
import { connectedComponents, Gpu, NO_COMPONENT } from "../fiedler.js";

const PICTURE = [
  "··##····#",
  "·##··##·#",
  "·····##·#",
  "####····#",
];
const [rows, columns] = [PICTURE.length, PICTURE[0].length];
const cells = Uint32Array.from(PICTURE.join(""), (cell) => cell === "#" ? 1 : 0);

const adapter = await navigator.gpu.requestAdapter();
const device = await adapter.requestDevice();
const { STORAGE, COPY_DST } = GPUBufferUsage;
const buffer = device.createBuffer({ size: cells.byteLength, usage: STORAGE | COPY_DST });
device.queue.writeBuffer(buffer, 0, cells);

const gpu = await Gpu.wrap(device); // stays the page's: close() frees only what Fiedler made
const maps = { buffer, offset: 0, shape: [1, rows, columns], dtype: "u32" };
const { components, counts } = connectedComponents(gpu, maps, { background: 0 });
const [labels, [count]] = await Promise.all([gpu.read(components), gpu.read(counts)]);
gpu.close();

const letters = Array.from(labels, (c) => c === NO_COMPONENT ? "·" : String.fromCharCode(65 + c));
const lines = PICTURE.map((_, row) => letters.slice(row * columns, (row + 1) * columns).join(""));
document.querySelector("pre").textContent = [...lines, "", `${count} components`].join("\n");
