// What this master is, who leads, how takeovers went: all from `/status`.
const PHASES =
    [["lock", "lock-us"], ["claimed", "claimed-us"], ["complete", "complete-us"], ["first", "first-write-us"]];
const TAKEOVERS_AT_FIRST = 4;
let allTakeovers = false;

function roleSentence(status) {
  const leader = status.leader;
  if (status.coordination.state === "refused" && status.role !== "leader") return say("refused");
  if (status.role === "leader") return say(status.acting ? "leads" : "leadsNot");
  if (status.role === "claiming") return say("claims");
  if (status.role === "starting") return say("starts");
  return leader ? sayWith("follows", {leader: masterLink(leader.rest)}) : say("followsNobody");
}

/** Why it does not act or may not lead; empty if it does or may. */
function whyNot(status, refused) {
  if (status.role === "leader") return status.acting ? "" : say("leadsNotWhy");
  if (status.eligible) return "";
  return refused ? status["eligible-reason"] : say("whyNot", {why: status["eligible-reason"]});
}

function showRole(status) {
  const role = byId("role");
  const refused = status.coordination.state === "refused" && status.role !== "leader";
  role.dataset.role = refused ? "refused" : status.role === "leader" && !status.acting ? "suspended" : status.role;
  const leader = status.leader && status.leader.rest;
  fill(byId("role-text"), [role.dataset.role, leader], () => [].concat(roleSentence(status)));
  setText(
      byId("role-more"),
      status.leader && status.role !== "starting"
          ? say("since", {epoch: status.leader.epoch, time: moment(status.leader.since)})
          : "");
  setText(byId("role-why"), whyNot(status, refused));
  byId("volatile").hidden = status.durable;
  document.title = `${words.role[status.role] || status.role} · ${shortAddress(status.rest)} · Stellwerk`;
}

/** In place of the role while there is no answer. */
function showNobody() {
  byId("role").dataset.role = "lost";
  fill(byId("role-text"), ["lost"], () => [say("lostTitle")]);
  byId("role-more").hidden = true;
  byId("role-why").hidden = true;
}

function showFacts(status) {
  const lag = status.journal["lag-ms"];
  const coordination = status.coordination;
  const link = words.link[coordination.state] || coordination.state;
  const facts = [
    ["jobsRunning", jobs.known ? wholeNumbers.format(runningJobs()) : "–"],
    ...(status.role === "leader" ? [] : [["lag", lag > 0 ? span(lag) : say("upToDate")]]),
    ["position", status.journal.applied],
    ["coordination", coordination.type === "none" ? "none" : `${coordination.type} · ${link}`, coordination.detail],
    ["uptime", span(Math.floor(status["uptime-ms"] / 1000) * 1000)],
  ];
  fill(
      byId("facts"), facts,
      () => facts.map(
          ([name, value, more]) => make(
              "div", {}, make("dt", {}, say(name)), make("dd", {}, value, more ? make("small", {}, more) : null))));
  setText(byId("cluster"), `${say("cluster")} ${status["cluster-id"].replace(/^\/(?=.)/, "")}`);
  byId("cluster").title = status.cluster;
  byId("about").textContent = `Stellwerk ${status.version}`;
}

function badge(kind, text) { return make("span", {class: `badge ${kind}`}, text); }

function masterRow(master, status, next) {
  const leads = status.leader && status.leader.id === master.id;
  const own = master.id === status.id;
  const lag = own && status.role !== "leader" ? status.journal["lag-ms"] : 0;
  return make(
      "li", {class: leads ? "leads" : "", "data-id": master.id},
      make("span", {class: "name"}, own ? shortAddress(master.rest) : masterLink(master.rest)),
      leads ? badge("lead", say("badgeLeads")) : null, master.id === next ? badge("next", say("badgeNext")) : null,
      own ? badge("own", say("badgeThis")) : null, master.absent ? badge("warn", say("outOfLine")) : null,
      lag > 0 ? badge("warn", say("badgeLag", {lag: span(lag)})) : null,
      make(
          "small", {},
          say("masterUp", {host: master.host || "–", pid: master.pid || "–", time: moment(master.since)})));
}

/** In the order of the lock; behind them this master, if it does not stand. */
function showMasters(status) {
  const list = status.masters.slice();
  if (!list.some((master) => master.id === status.id))
    list.push({
      id: status.id,
      rest: status.rest,
      host: shortAddress(status.rest).split(":")[0],
      pid: status.pid,
      since: Date.now() - status["uptime-ms"],
      absent: true
    });
  const leaderId = status.leader ? status.leader.id : "";
  const next = (status.masters.find((master) => master.id !== leaderId) || {}).id;
  const key = [
    list.map((master) => [master.id, master.rest, master.absent]), leaderId, status.id, status.journal["lag-ms"],
    status.role
  ];
  fill(byId("master-list"), key, () => list.map((master) => masterRow(master, status, next)));
  byId("no-masters").hidden = status.masters.length > 0;
}

/** [[phase, microseconds]...]; empty if its times are not known. */
function phasesOf(takeover) {
  const parts = [];
  let before = 0;
  for (const [phase, field] of PHASES) {
    const at = takeover[field];
    if (typeof at !== "number") break;
    parts.push([phase, Math.max(0, at - before)]);
    before = at;
  }
  return parts;
}

function takeoverRow(takeover) {
  const parts = phasesOf(takeover);
  const total = parts.reduce((sum, [, us]) => sum + us, 0);
  const who = {from: masterLink(takeover.from || ""), to: masterLink(takeover.leader || "")};
  const sentence = takeover.from ? "fromTo" : takeover.epoch === 1 ? "founded" : "to";
  const told = parts.map(([phase, us]) => `${say(phase)} ${milliseconds(us)}`).join(", ");
  const bar = make("div", {
    class: "bar",
    role: "img",
    "aria-label": parts.length ? say("takeoverBar", {total: milliseconds(total), parts: told}) : say("unknown")
  });
  for (const [phase, us] of parts) {
    const piece = make("i", {class: phase, title: `${say(phase)} ${milliseconds(us)} ms`});
    piece.style.flexGrow = String(total > 0 ? us / total : 0);
    bar.append(piece);
  }
  return make(
      "li", {"data-epoch": takeover.epoch},
      make(
          "div", {class: "head"}, make("b", {}, say("epoch", {epoch: takeover.epoch})),
          make("span", {class: "who"}, ...sayWith(sentence, who)),
          make(
              "time", {datetime: takeover.at > 0 ? new Date(takeover.at).toISOString() : undefined},
              moment(takeover.at)),
          make("b", {class: "total"}, parts.length ? `${milliseconds(total)} ms` : say("unknown"))),
      bar,
      make(
          "dl", {},
          ...parts.map(
              ([phase, us]) =>
                  make("div", {class: phase}, make("dt", {}, say(phase)), make("dd", {}, milliseconds(us))))));
}

function showTakeovers(status) {
  const all = status.takeovers.filter((takeover) => takeover && typeof takeover === "object");
  const shown = allTakeovers ? all : all.slice(0, TAKEOVERS_AT_FIRST);
  fill(byId("takeover-list"), shown, () => shown.map(takeoverRow));
  byId("no-takeovers").hidden = all.length > 0;
  byId("legend").hidden = all.length === 0;
  const more = byId("more-takeovers");
  more.hidden = shown.length === all.length;
  more.textContent = say("showMore", {}, all.length - shown.length);
}

function showQuarantine(status) {
  const damaged = status.quarantined;
  const total = status["quarantined-total"];
  byId("quarantine").hidden = total === 0;
  fill(
      byId("quarantine-list"), damaged,
      () => damaged.map(
          (job) => make(
              "li", {}, make("code", {}, job.id), make("span", {}, job.why),
              make("small", {}, `${job.key} · ${job.source} · ${moment(job.since)}`))));
  setText(byId("quarantine-more"), total > damaged.length ? say("quarantineMore", {}, total - damaged.length) : "");
}

function showStatus(status) {
  showRole(status);
  showFacts(status);
  showMasters(status);
  showTakeovers(status);
  showQuarantine(status);
}
