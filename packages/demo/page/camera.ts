/// <reference lib="dom" />
import { byId } from "./dom.ts";

/**
 * The camera's dialog: a picture is taken when asked for, and the camera is off again.
 *
 * @param take Given the picture as a file.
 * @param fail Told why there is none.
 */
export function makeCamera(
  take: (file: Blob, name: string) => void,
  fail: (error: unknown) => void,
) {
  const dialog = byId("camera-dialog", HTMLDialogElement);
  const video = byId("camera-video", HTMLVideoElement);
  byId("camera").addEventListener("click", async () => {
    try {
      video.srcObject = await openCamera();
      dialog.showModal();
    } catch (error) {
      fail(error);
    }
  });
  byId("camera-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    for (const track of (video.srcObject as MediaStream | null)?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  });
  byId("camera-take").addEventListener("click", async () => {
    if (video.videoWidth === 0) return; // no frame has come yet
    const frame = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    frame.getContext("2d")!.drawImage(video, 0, 0);
    dialog.close();
    take(await frame.convertToBlob({ type: "image/png" }), "camera.png");
  });
}

async function openCamera(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    const { name } = error as DOMException;
    const reason = name === "NotAllowedError"
      ? "it is not allowed; allow it beside the address, then try again"
      : name === "NotFoundError"
      ? "there is none; choose or drop a picture instead"
      : `it does not open (${name}); close other programs that use it`;
    throw new Error(`camera: ${reason}`, { cause: error });
  }
}
