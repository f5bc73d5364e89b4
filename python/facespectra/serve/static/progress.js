// How far an item is, in words and as a share.

import { t } from "./language.js";

export function phaseText(item) {
  const { phase, progress } = item;
  if (phase === "uploading") return t("phase.uploading", { share: Math.round(100 * item.sent) });
  if (phase === "queued") return item.ahead ? t("phase.queued.ahead", { n: item.ahead }) : t("phase.queued");
  if (phase === "judging") {
    const { stage, done, total } = progress;
    if (stage === "faces" && total > 1) return t("phase.faces.of", { done, total });
    return t(`phase.${["read", "faces", "explain"].includes(stage) ? stage : "read"}`);
  }
  return t(`phase.${phase}`);
}

/** The share that is done, from 0 to 1; null where nobody knows. */
export function shareOf({ phase, sent, progress }) {
  if (phase === "uploading") return sent;
  if (phase === "judging" && progress.total) return progress.done / progress.total;
  return null;
}
