// The list of jobs: held in full, shown in part, so that ten thousand of them freeze nothing.
const ROWS_AT_FIRST = 50;
const ROWS_MORE = 200;
const ROWS_MAX = 2050;
const STATES_SHOWN = [
  "RUNNING", "CREATED", "INITIALIZING", "RESTARTING", "FAILING", "CANCELLING", "RECONCILING", "FINISHED", "CANCELED",
  "FAILED"
];
const CHANGES_MAX = 1000;  // kept while an answer is on its way; with more of them it is asked for again
const ENDED = ["FINISHED", "CANCELED", "FAILED"];
const jobs = {
  known: false,
  byId: new Map(),
  state: "",
  rowsMax: ROWS_AT_FIRST,
  at: 0,
  changes: null
};

/** From here on what events say is kept, because the answer that is asked for now may be older. */
function expectJobs() { jobs.changes = new Map(); }

/** False: the answer must be asked for again. */
function takeJobs(list) {
  const changes = jobs.changes;
  jobs.changes = null;
  jobs.known = true;
  jobs.at = Date.now();
  jobs.byId = new Map(list.map((job) => [job.jid, job]));
  let complete = changes.size <= CHANGES_MAX;
  for (const change of changes.values()) complete = applyChange(change) && complete;
  showJobs();
  return complete;
}

function applyChange(change) {
  const job = jobs.byId.get(change.jid);
  if (change.state === "")
    jobs.byId.delete(change.jid);
  else if (job)
    job.state = change.state;
  return change.state === "" || Boolean(job);
}

/** What an event says. False: too little is known of this job to show it. */
function takeJobChange(change) {
  if (jobs.changes && (jobs.changes.size <= CHANGES_MAX || jobs.changes.has(change.jid)))
    jobs.changes.set(change.jid, change);
  showJobsSoon();
  return applyChange(change);
}

function matching() {
  const wanted = byId("job-filter").value.trim().toLowerCase();
  const found = [];
  for (const job of jobs.byId.values()) {
    if (jobs.state && job.state !== jobs.state) continue;
    if (wanted && !job.name.toLowerCase().includes(wanted) && !job.jid.includes(wanted)) continue;
    found.push(job);
  }
  return found.sort((a, b) => b["start-time"] - a["start-time"] || (a.jid < b.jid ? 1 : -1));
}

function runningJobs() {
  let count = 0;
  for (const job of jobs.byId.values()) count += ENDED.includes(job.state) ? 0 : 1;
  return count;
}

/** Of a job that goes on it grows while nobody tells us anything new. */
function durationNow(job) {
  const now = job["end-time"] >= 0 || job.duration < 0 ? job.duration : job.duration + Date.now() - jobs.at;
  return span(now < 1000 ? now : Math.floor(now / 1000) * 1000);
}

function showDurations() {
  for (const row of byId("job-rows").children) {
    const job = jobs.byId.get(row.dataset.job);
    if (job) setText(row.querySelector(".jobDuration"), durationNow(job));
  }
}

function stateBadge(state) { return make("span", {class: `badge state ${state.toLowerCase()}`}, state); }

function jobRow(job) {
  const cell = (name, ...children) => make("td", {role: "cell", class: name, "data-label": say(name)}, ...children);
  return make(
      "tr", {role: "row", "data-job": job.jid},
      make("td", {role: "cell", class: "jobName"}, make("b", {}, job.name || "–"), make("code", {}, job.jid)),
      make("td", {role: "cell", class: "jobState"}, stateBadge(job.state)),
      cell("jobStart", moment(job["start-time"])),
      cell("jobDuration", durationNow(job)),
      cell("jobTasks", job.tasks ? wholeNumbers.format(job.tasks.total) : "–"));
}

function showStates() {
  const counts = new Map();
  for (const job of jobs.byId.values()) counts.set(job.state, (counts.get(job.state) || 0) + 1);
  if (jobs.state && !counts.has(jobs.state)) counts.set(jobs.state, 0);
  const states = [...counts.keys()].sort((a, b) => STATES_SHOWN.indexOf(a) - STATES_SHOWN.indexOf(b));
  const chips = [["", say("all"), jobs.byId.size], ...states.map((state) => [state, state, counts.get(state)])];
  const focused = document.activeElement && document.activeElement.dataset.state;
  fill(byId("job-states"), [chips, jobs.state], () => chips.map(([state, text, count]) => {
    const chip = make(
        "button", {type: "button", "data-state": state, "aria-pressed": String(state === jobs.state)}, text,
        make("b", {}, wholeNumbers.format(count)));
    chip.addEventListener("click", () => {
      jobs.state = state;
      jobs.rowsMax = ROWS_AT_FIRST;
      showJobs();
    });
    return chip;
  }));
  const again =
      focused !== undefined && [...byId("job-states").children].find((chip) => chip.dataset.state === focused);
  if (again) again.focus();
}

function jobCount(shown) {
  const all = jobs.byId.size;
  if (!jobs.known) return say("jobsUnknown");
  if (all === 0) return say("noJobs");
  return shown === 0
      ? say("noSuchJobs")
      : say("jobsShown", {shown: wholeNumbers.format(shown), all: wholeNumbers.format(all)}, all);
}

function showJobs() {
  showStates();
  const found = matching();
  const rows = found.slice(0, jobs.rowsMax);
  const key = rows.map((job) => [job.jid, job.name, job.state, job["start-time"], job.tasks && job.tasks.total]);
  fill(byId("job-rows"), key, () => rows.map(jobRow));
  showDurations();
  byId("job-table").hidden = rows.length === 0;
  const hidden = found.length - rows.length;
  const full = jobs.rowsMax >= ROWS_MAX && hidden > 0;
  setText(byId("job-count"), full ? `${jobCount(rows.length)}${words.stop}${say("narrow")}` : jobCount(rows.length));
  const more = byId("more-jobs");
  more.hidden = hidden === 0 || full;
  more.textContent = say("showMore", {}, wholeNumbers.format(Math.min(hidden, ROWS_MORE)));
}

const showJobsSoon = soon(showJobs, 200);

function startJobs() {
  byId("job-filter").addEventListener("input", () => {
    jobs.rowsMax = ROWS_AT_FIRST;
    showJobsSoon();
  });
  byId("more-jobs").addEventListener("click", () => {
    jobs.rowsMax = Math.min(jobs.rowsMax + ROWS_MORE, ROWS_MAX);
    showJobs();
  });
  showJobs();
}
