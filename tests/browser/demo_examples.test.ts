/** The pages of examples/, as `fiedler demo` serves them. Needs Chromium. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { siteTest } from "./site_test.ts";

const PHOTO = fileURLToPath(new URL("../../fixtures/photos/flower.jpg", import.meta.url));

siteTest("the examples do what they say", async ({ context, url, complaints, origins }) => {
  const page = await context.newPage();

  await page.goto(`${url}examples/kernel.html`);
  await page.getByText("components").waitFor();
  const lines = ["··AA····B", "·AA··CC·B", "·····CC·B", "DDDD····B", "", "4 components"];
  assert.equal(await page.locator("pre").textContent(), lines.join("\n"));

  await page.goto(`${url}examples/masks.html`);
  await page.getByText("Choose one").waitFor();
  await page.getByLabel("A photo").setInputFiles(PHOTO);
  await page.getByText(/^\d+ objects$/).waitFor();
  assert.ok(Number.parseInt((await page.locator("output").textContent())!) > 0);

  await page.goto(`${url}examples/camera.html`);
  await page.getByRole("button", { name: "Start the camera" }).click();
  await page.getByText(/^\d+ objects in \d+ ms$/).waitFor();

  assert.deepEqual(complaints, []);
  assert.deepEqual([...origins], [new URL(url).origin]);
});
