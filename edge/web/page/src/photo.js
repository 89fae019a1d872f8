/** Photos: made smaller on the tablet, sent before the act that names them. */
import { call, upload, verdictOf } from './api.js';

const SIDE_MAX = 1280;

/** At most so many pixels a side, as JPEG. @param {Blob} file @returns {Promise<Blob>} */
export async function smaller(file) {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, SIDE_MAX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((done) => { canvas.toBlob(done, 'image/jpeg', 0.8); });
}

/** Send photos; their hashes, or the verdict of the one that did not get through. @param {Iterable<Blob>} files */
export async function sendPhotos(files) {
  const photos = [];
  for (const file of files) {
    const reply = await upload('/v1/photos', await smaller(file));
    if (!reply.ok) return { photos, failed: verdictOf(reply) };
    photos.push(reply.data.photo);
  }
  return { photos, failed: null };
}

/** What the patrol and reports know of the site: points, plans, places; asked for once. */
let known = null;

export async function sitePlan() {
  if (known) return known;
  const reply = await call('GET', '/v1/patrol');
  if (reply.ok) known = reply.data;
  return known;
}
