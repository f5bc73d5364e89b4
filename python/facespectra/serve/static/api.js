// What is asked of the server. Nothing here knows the page.

// The page's own name, in memory alone: what it sent is deleted by this name when it closes.
export const session = Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");

export class Refused extends Error {
  constructor(status, error, remedy = null) {
    super(error ?? "");
    this.status = status;
    this.remedy = remedy;
  }
}

/** The address of a call, with the page's session. */
export function address(path, query = {}) {
  return `${path}?${new URLSearchParams({ ...query, session })}`;
}

const ofItem = (id, what, query) => address(`/api/items/${encodeURIComponent(id)}/${what}`, query);

export const pictureOf = (id, side) => ofItem(id, "picture", { side });
export const frameOf = (id, frame, side) => ofItem(id, `frames/${frame}`, { side });
export const mediaOf = (id) => ofItem(id, "media");
export const reportOf = (id, kind) => ofItem(id, `report.${kind}`);
export const sampleOf = (name) => address(`/api/samples/${encodeURIComponent(name)}`);

async function json(path) {
  let answer;
  try {
    answer = await fetch(address(path));
  } catch {
    throw new Refused(0);
  }
  if (!answer.ok) throw refusal(answer.status, await answer.text());
  return answer.json();
}

function refusal(status, text) {
  try {
    const { error, remedy } = JSON.parse(text);
    return new Refused(status, error, remedy);
  } catch {
    return new Refused(status);
  }
}

export const info = () => json("/api/info");
export const samples = () => json("/api/samples");

/** A sample as a file, to be checked like any other. */
export async function sampleFile(name) {
  const answer = await fetch(sampleOf(name));
  if (!answer.ok) throw refusal(answer.status, await answer.text());
  return new File([await answer.blob()], name);
}

/** Send a file; `sent` gets the share that has gone. XMLHttpRequest, since fetch tells nothing of that. */
export function upload(file, name, sent) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => event.lengthComputable && sent(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText));
      else reject(refusal(request.status, request.responseText));
    });
    request.addEventListener("error", () => reject(new Refused(0)));
    request.addEventListener("abort", () => reject(new Refused(-1)));
  });
  request.open("POST", address("/api/items", { name }));
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.send(file);
  return { done, abort: () => request.abort() };
}

const EVENTS = ["queued", "progress", "partial", "result", "failed", "cancelled"];
const LAST = new Set(["result", "failed", "cancelled"]);
// The browser connects again by itself; after so many times in a row without an event, the server is gone.
const PATIENCE = 4;

/** Follow the events of an item; `heard` gets name and data of each, and `lost` is called where they stop coming. */
export function follow(id, heard, lost) {
  const source = new EventSource(ofItem(id, "events"));
  let failures = 0;
  for (const name of EVENTS) {
    source.addEventListener(name, (event) => {
      failures = 0;
      if (LAST.has(name)) source.close();
      heard(name, JSON.parse(event.data));
    });
  }
  source.addEventListener("error", () => {
    failures += 1;
    if (source.readyState === EventSource.CLOSED || failures >= PATIENCE) {
      source.close();
      lost();
    }
  });
  return () => source.close();
}

/** Cancel an item, and delete all of it. Where the server is gone, so is the item. */
export function remove(id) {
  fetch(address(`/api/items/${encodeURIComponent(id)}`), { method: "DELETE", keepalive: true }).catch(() => undefined);
}

/** The page closes. */
export function close() {
  navigator.sendBeacon(address("/api/close"));
}
