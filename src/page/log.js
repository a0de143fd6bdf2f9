// The end of a log file, followed: only what is new is asked for.
const LOG_STEP_BYTES = 256 * 1024;
const LOG_BYTES_MAX = 4 * 1024 * 1024;
const LINES_SHOWN_MAX = 1000;
const LOG_MISSING_MS = 30000;  // before a file or a list that was not there is asked for again
const log = {
  file: "jobmanager/log",
  begin: 0,
  end: 0,
  lines: [],
  rest: "",
  there: true,
  askedAt: 0,
  busy: false,
  listNotBefore: 0,
  turn: 0,
  touched: 0,
  decoder: null,
  drawn: {key: "", count: 0}
};

/** By what stands at the beginning of a line, behind its time. */
const isBad = (line) => /\b(WARN|ERROR|FATAL)\b/.test(line.slice(0, 60));

function takeLogText(text) {
  const lines = (log.rest + text).split("\n");
  log.rest = lines.pop();
  for (const line of lines) log.lines.push(line);
}

/** Asks for bytes of the file. The answer, or null if there is nothing there. */
async function readLog(range) {
  const response = await request(log.file, {headers: {Range: `bytes=${range}`}}, BIG_ANSWER_MS_MAX);
  if (response.status === 416)
    return {size: Number((response.headers.get("Content-Range") || "").split("/")[1] || 0), bytes: null};
  if (!response.ok) return null;
  const [, first, size] = /(\d+)-\d+\/(\d+)/.exec(response.headers.get("Content-Range") || "") || [];
  return {first: Number(first || 0), size: Number(size || response.body.byteLength), bytes: response.body};
}

/** How long the file is: null if it is not there, NaN if something between us and the master keeps that to itself. */
async function logSize() {
  const response = await request(log.file, {method: "HEAD"});
  if (!response.ok) return null;
  const length = response.headers.get("Content-Length");
  return length === null ? NaN : Number(length);
}

async function loadLog(wantedBytes) {
  const file = log.file;
  const read = await readLog(`-${wantedBytes}`);
  if (file === log.file) takeLog(read);
}

/** In place of all that was there. */
function takeLog(read) {
  log.askedAt = Date.now();
  log.turn += 1;
  log.there = read !== null;
  log.lines = [];
  log.rest = "";
  log.begin = log.end = 0;
  log.decoder = new TextDecoder();
  if (read && read.bytes) {
    log.begin = read.first;
    log.end = read.first + read.bytes.byteLength;
    takeLogText(log.decoder.decode(read.bytes, {stream: true}));
    if (log.begin > 0) log.lines.shift();
  }
}

async function followLog() {
  if (!log.there && Date.now() - log.askedAt < LOG_MISSING_MS) return undefined;
  const file = log.file;
  // The size first: of an empty file, or one cut meanwhile, any range is an error in the browser's eyes.
  const size = await logSize();
  if (file !== log.file) return undefined;
  if (size === null) return takeLog(null);
  if (size === 0) return takeLog({bytes: null});
  if (log.end === 0 || size < log.end) return loadLog(LOG_STEP_BYTES);
  if (size === log.end) return undefined;
  // With one byte that we have, because the size may not be known.
  const read = await readLog(`${log.end - 1}-`);
  if (file !== log.file) return undefined;
  // Cut or rotated: from its end again.
  if (!read || read.size < log.end) return loadLog(LOG_STEP_BYTES);
  if (!read.bytes) return undefined;
  // Something between us and the master knows no ranges.
  if (read.first !== log.end - 1) return takeLog(read);
  if (log.end - log.begin + read.bytes.byteLength > 2 * LOG_BYTES_MAX) return loadLog(LOG_BYTES_MAX);
  const fresh = read.bytes.slice(1);
  log.end += fresh.byteLength;
  takeLogText(log.decoder.decode(fresh, {stream: true}));
  return undefined;
}

async function turnLog(work) {
  if (log.busy) return;
  log.busy = true;
  try {
    await work();
  } catch (error) {
    // The master does not answer: the state of the page says so.
  } finally {
    log.busy = false;
  }
  showLog();
}

function marked(line, wanted) {
  if (!wanted) return [line];
  const pieces = [];
  const low = line.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0 && low.length === line.length; at = low.indexOf(wanted, from)) {
    pieces.push(line.slice(from, at), make("mark", {}, line.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  pieces.push(line.slice(from));
  return pieces;
}

function logRow(line, wanted) {
  const kind = !isBad(line) ? undefined : /\bWARN\b/.test(line.slice(0, 60)) ? "warn" : "bad";
  return make("p", {class: kind}, ...marked(line, wanted));
}

/** Adds what is new below what is there, which somebody may be reading. */
function drawLog(box, key, found, wanted) {
  const goesOn = log.drawn.key === key && log.drawn.count <= found.length;
  const fresh = found.slice(goesOn ? Math.max(log.drawn.count, found.length - LINES_SHOWN_MAX) : -LINES_SHOWN_MAX);
  if (!goesOn) box.replaceChildren();
  box.append(...fresh.map((line) => logRow(line, wanted)));
  while (box.childElementCount > LINES_SHOWN_MAX) box.firstElementChild.remove();
  log.drawn = {key, count: found.length};
}

function showLog() {
  const wanted = byId("log-search").value.toLowerCase();
  const bad = byId("log-bad").checked;
  const found = log.lines.filter((line) => (!bad || isBad(line)) && (!wanted || line.toLowerCase().includes(wanted)));
  const rows = found.slice(-LINES_SHOWN_MAX);
  const box = byId("log-lines");
  drawLog(box, JSON.stringify([log.file, wanted, bad, log.turn]), found, wanted);
  const count =
      say("logShown", {shown: wholeNumbers.format(rows.length), all: wholeNumbers.format(log.lines.length)},
          log.lines.length);
  const part = log.begin > 0 ? `, ${say("logPart", {size: bytes(log.end - log.begin)})}` : "";
  setText(byId("log-count"), log.there ? count + part : say("logNone"));
  box.hidden = !log.there;
  byId("log-whole").hidden = !log.there;
  byId("log-earlier").hidden = log.begin === 0 || log.end - log.begin >= LOG_BYTES_MAX;
  if (byId("log-follow").checked) box.scrollTop = box.scrollHeight;
}

const showLogSoon = soon(showLog, 150);

/** Once, and again until it is answered. */
async function listLogs() {
  if (Date.now() < log.listNotBefore) return;
  log.listNotBefore = Infinity;
  try {
    const answer = await request("jobmanager/logs");
    if (answer.ok)
      showLogFiles(jsonOf(answer).logs);
    else
      log.listNotBefore = Date.now() + LOG_MISSING_MS;
  } catch (error) {
    log.listNotBefore = 0;
  }
}

/** The own log and what was printed come first. */
function showLogFiles(logs) {
  const files = logs.map(({name, size}) => [`jobmanager/logs/${encodeURIComponent(name)}`, name, size]);
  const choices = [
    ["jobmanager/log", say("logOwn")], ["jobmanager/stdout", say("logOut")],
    ...files.slice(0, 100).map(([path, name]) => [path, name])
  ];
  const select = byId("log-file");
  fill(select, choices, () => choices.map(([path, text]) => make("option", {value: path}, text)));
  select.value = log.file;
}

function startLog() {
  byId("log-search").addEventListener("input", showLogSoon);
  byId("log-bad").addEventListener("change", showLog);
  byId("log-follow").addEventListener("change", showLog);
  const box = byId("log-lines");
  for (const event of ["wheel", "touchmove", "pointerdown", "keydown"])
    box.addEventListener(event, () => {
      log.touched = Date.now();
    }, {passive: true});
  // Whoever scrolls up reads; whoever comes back to the end wants to see what follows.
  box.addEventListener("scroll", () => {
    if (Date.now() - log.touched < 1000)
      byId("log-follow").checked = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  }, {passive: true});
  byId("log-file").addEventListener("change", (event) => {
    log.file = event.target.value;
    log.end = log.askedAt = 0;
    byId("log-whole").href = address(log.file);
    turnLog(followLog);
  });
  byId("log-earlier").addEventListener("click", () => {
    byId("log-follow").checked = false;
    turnLog(() => loadLog(Math.min(LOG_BYTES_MAX, (log.end - log.begin) * 4)));
  });
  byId("log-whole").href = address(log.file);
}
