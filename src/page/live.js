// Follows the master: its events, and asking again where they say too little or do not come.
const ANSWER_MS_MAX = 5000;
const BIG_ANSWER_MS_MAX = 30000;
const STATUS_EVERY_MS = 3000;
const HIDDEN_EVERY_MS = 15000;
const LOG_EVERY_MS = 2000;
const JOBS_EVERY_MS = 30000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 5000;
const EVENTS_RETRY_MS_MAX = 30000;
const RELOAD_MS_MIN = 60000;

/** Wherever the page is served: at the root of a master, below its prefix, or below a proxy's path. */
const base = new URL(location.pathname.replace(/\/*$/, "/"), location.origin);
const address = (path) => new URL(path, base).href;

const live = {
  status: null,
  version: "",
  heard: 0,
  lostSince: 0,
  failures: 0,
  events: null,
  eventsFailures: 0,
  eventsNotBefore: 0,
  jobsCostMs: 0,
  timer: 0,
  jobsWanted: true,
  jobsAt: 0,
  asking: false
};

/** An answer with its whole body, or an exception when it does not come in time. */
async function request(path, options = {}, limitMs = ANSWER_MS_MAX) {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), limitMs);
  try {
    const response = await fetch(address(path), {
      cache: "no-store",
      credentials: "same-origin",
      signal: ending.signal,
      ...options,
      headers: {Accept: "application/json, text/plain;q=0.9", ...options.headers}
    });
    const body = await response.arrayBuffer();
    return {ok: response.ok, status: response.status, headers: response.headers, body};
  } finally {
    clearTimeout(timer);
  }
}

const jsonOf = (answer) => JSON.parse(new TextDecoder().decode(answer.body));

function liveState() {
  if (live.lostSince) return "lost";
  if (!live.status) return "wait";
  return live.events && live.events.readyState === EventSource.OPEN ? "live" : "polling";
}

function showLive() {
  const state = liveState();
  byId("live").dataset.state = state;
  setText(byId("live-text"), say({lost: "lost", wait: "connecting", live: "live", polling: "polling"}[state]));
  document.body.classList.toggle("stale", state === "lost");
  byId("lost").hidden = state !== "lost";
  if (state !== "lost") return;
  showNobody();
  setText(byId("lost-text"), live.heard ? say("lostText", {time: moment(live.heard)}) : say("lostAtOnce"));
  document.title = `${say("lost")} · ${live.status ? shortAddress(live.status.rest) : location.host} · Stellwerk`;
  const others = live.status ? live.status.masters.filter((master) => master.id !== live.status.id) : [];
  byId("lost-others").hidden = others.length === 0;
  fill(
      byId("lost-others"), others.map((master) => master.rest),
      () => [say("lostOthers"), ...others.flatMap((master, index) => [index ? ", " : "", masterLink(master.rest)])]);
}

/** The page of another version fits it better than this one. Not often: two may answer in turn, behind a balancer. */
function reloadIfOther(version) {
  live.version = live.version || version;
  if (version !== live.version && performance.now() > RELOAD_MS_MIN) location.reload();
}

async function askStatus() {
  const response = await request("status");
  if (!response.ok) throw new Error(`status ${response.status}`);
  const status = jsonOf(response);
  reloadIfOther(status.version);
  live.status = status;
  live.heard = Date.now();
  live.failures = 0;
  if (live.lostSince) {
    live.lostSince = 0;
    live.jobsWanted = true;
    live.eventsFailures = 0;
    log.end = log.askedAt = log.listNotBefore = 0;
  }
  showStatus(live.status);
}

/** A master that has read nothing yet asks the leader about jobs; without one it cannot say. */
const knowsJobs = () => live.status.role !== "starting" || Boolean(live.status.leader);

async function askJobs() {
  if (!knowsJobs()) return;
  const now = Date.now();
  const pause = Math.max(1000, live.jobsCostMs * 10);
  if (!(live.jobsWanted || now - live.jobsAt > JOBS_EVERY_MS) || now - live.jobsAt < pause) return;
  live.jobsWanted = false;
  live.jobsAt = now;
  expectJobs();
  const response = await request("jobs/overview", {}, BIG_ANSWER_MS_MAX);
  if (!response.ok || !takeJobs(jsonOf(response).jobs)) live.jobsWanted = true;
  live.jobsCostMs = Date.now() - now;
  if (live.status) showFacts(live.status);
}

/** One look at everything; then the next one is arranged. */
async function look() {
  if (live.asking) return;
  live.asking = true;
  clearTimeout(live.timer);
  try {
    await askStatus();
    openEvents();
    listLogs();
    await askJobs();
  } catch (error) {
    live.failures += 1;
    // One lost answer is no news; a second in a row is.
    if (live.failures > 1 || !live.status) live.lostSince = live.lostSince || Date.now();
    closeEvents();
  }
  live.asking = false;
  showLive();
  if (!live.lostSince) showDurations();
  lookIn(nextLookMs());
}

function nextLookMs() {
  if (live.failures > 0) return Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(live.failures - 1, 10));
  if (document.hidden) return HIDDEN_EVERY_MS;
  return live.jobsWanted && knowsJobs() ? Math.max(1000, live.jobsCostMs * 10) : STATUS_EVERY_MS;
}

function lookIn(delayMs) {
  clearTimeout(live.timer);
  live.timer = setTimeout(look, delayMs);
}

const lookSoon = soon(() => lookIn(0), 250);

function closeEvents() {
  if (live.events) live.events.close();
  live.events = null;
}

/** A hidden page does not hold a connection: browsers have few of them for one master. */
function openEvents() {
  if (live.events || document.hidden || Date.now() < live.eventsNotBefore) return;
  const events = new EventSource(address("events"));
  live.events = events;
  events.addEventListener("open", () => {
    live.eventsFailures = 0;
    live.jobsWanted = true;
    showLive();
    lookSoon();
  });
  events.addEventListener("error", () => {
    if (live.events !== events) return;
    closeEvents();
    live.eventsFailures += 1;
    live.eventsNotBefore =
        Date.now() + Math.min(EVENTS_RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(live.eventsFailures, 10));
    lookIn(0);
  });
  events.addEventListener("status", lookSoon);
  events.addEventListener("position", lookSoon);
  events.addEventListener("jobs", wantJobs);
  events.addEventListener("job", (event) => {
    if (!takeJobChange(JSON.parse(event.data))) wantJobs();
  });
}

function wantJobs() {
  live.jobsWanted = true;
  lookSoon();
}

function start() {
  sayAll();
  fill(byId("legend"), 0, () => PHASES.map(([phase]) => make("li", {class: phase}, say(phase))));
  for (const link of document.querySelectorAll("[data-path]")) link.href = address(link.dataset.path);
  byId("more-takeovers").addEventListener("click", () => {
    allTakeovers = true;
    if (live.status) showTakeovers(live.status);
  });
  startJobs();
  startLog();
  showLive();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden)
      closeEvents();
    else
      lookIn(0);
  });
  const logTurn = async () => {
    if (!document.hidden && !live.lostSince && (byId("log-follow").checked || log.end === 0)) await turnLog(followLog);
    setTimeout(logTurn, LOG_EVERY_MS);
  };
  logTurn();
  look();
}

start();
