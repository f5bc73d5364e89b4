// What was dropped, in its order, and what has become of it.

import * as api from "./api.js";
import { bytes, t } from "./language.js";

// Each takes a connection for its events, and a browser has six for all pages of one server.
const AT_ONCE = 2;

export const items = [];
const listeners = [];
let limits = { bytes: Infinity, files: Infinity };
let next = 1;

/** Call back with (item, what) at every change: "added", "progress", "partial", "done", "removed". */
export function onChange(listener) {
  listeners.push(listener);
}

function tell(item, what) {
  for (const listener of listeners) listener(item, what);
}

export function setLimits(given) {
  limits = given;
}

export const over = (item) => ["done", "failed", "cancelled"].includes(item.phase);

/** Add files; gives how many there was no room for. */
export function add(files) {
  const room = Math.max(0, limits.files - items.length);
  for (const file of files.slice(0, room)) {
    const item = { key: next++, id: null, file, name: file.name, size: file.size, kind: null, phase: "waiting", sent: 0, progress: {}, result: null };
    items.push(item);
    tell(item, "added");
    if (file.size > limits.bytes) {
      const error = () => t("bad.large", { name: item.name, size: bytes(file.size), most: bytes(limits.bytes) });
      fail(item, error, () => t("bad.large.remedy"));
    } else if (file.size === 0) fail(item, () => t("bad.empty", { name: item.name }));
  }
  start();
  return files.length - Math.min(files.length, room);
}

function start() {
  const active = () => items.filter((item) => ["uploading", "queued", "judging"].includes(item.phase)).length;
  for (const item of items) {
    if (active() >= AT_ONCE) return;
    if (item.phase === "waiting") send(item);
  }
}

async function send(item) {
  item.phase = "uploading";
  const sending = api.upload(item.file, item.name, (share) => {
    item.sent = share;
    tell(item, "progress");
  });
  item.stop = sending.abort;
  tell(item, "progress");
  try {
    const { id, kind } = await sending.done;
    Object.assign(item, { id, kind });
  } catch (refused) {
    if (!over(item)) refuse(item, refused);
    return;
  } finally {
    // What was sent is at the server: the page holds on to nothing.
    item.file = null;
    item.stop = null;
  }
  if (over(item)) {
    // Cancelled in the same moment.
    api.remove(item.id);
    return;
  }
  item.phase = "queued";
  tell(item, "progress");
  item.stop = api.follow(item.id, (name, data) => heard(item, name, data), () => refuse(item, new api.Refused(0)));
}

function heard(item, name, data) {
  if (over(item)) return;
  if (name === "queued") {
    item.ahead = data.ahead;
    tell(item, "progress");
  } else if (name === "progress") {
    item.phase = "judging";
    item.progress = data;
    tell(item, "progress");
  } else if (name === "partial") {
    item.phase = "judging";
    item.result = data;
    tell(item, "partial");
  } else if (name === "result") {
    item.result = data;
    finish(item, "done");
  } else if (name === "failed") fail(item, () => data.error, () => data.remedy, true);
  else finish(item, "cancelled");
}

function refuse(item, refused) {
  if (refused.status === 0) fail(item, () => t("bad.answer"), () => t("bad.answer.remedy"));
  else if (refused.status === 401) fail(item, () => t("bad.token"), () => t("bad.token.remedy"));
  else if (refused.message) fail(item, () => refused.message, () => refused.remedy, true);
  else fail(item, () => t("bad.refused", { status: String(refused.status) }));
}

// Errors are functions: ours are told in the language that the page has then. Those of the program are `english`.
function fail(item, error, remedy = () => null, english = false) {
  Object.assign(item, { error, remedy, english, result: null });
  finish(item, "failed");
}

function finish(item, phase) {
  item.phase = phase;
  item.file = null;
  tell(item, "done");
  start();
}

/** Stop an item, whatever it is at; it stays in the list. */
export function cancel(item) {
  if (over(item)) return;
  item.result = null;
  item.phase = "cancelled";
  item.stop?.();
  if (item.id) api.remove(item.id);
  finish(item, "cancelled");
}

/** Take an item out of the list, and delete it at the server. */
export function remove(item) {
  item.stop?.();
  if (item.id) api.remove(item.id);
  item.phase = "cancelled";
  items.splice(items.indexOf(item), 1);
  tell(item, "removed");
  start();
}
