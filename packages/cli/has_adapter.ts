/** Exits 0 when WebGPU has an adapter: the launcher asks before it starts a command. */
Deno.exit(await navigator.gpu?.requestAdapter() ? 0 : 6);
