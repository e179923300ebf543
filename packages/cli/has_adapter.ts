/**
 * Exits 0 when WebGPU has an adapter, 6 when it has none, 3 when all there is is Mesa's software
 * OpenGL: right, but several times slower than its software Vulkan, which alone has subgroups. The
 * launcher asks before it starts a command.
 */
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) Deno.exit(6);
if (!/llvmpipe/.test(adapter.info.description)) Deno.exit(0);
const device = await adapter.requestDevice({ requiredFeatures: ["subgroups"] }).catch(() => null);
Deno.exit(device ? 0 : 3);
