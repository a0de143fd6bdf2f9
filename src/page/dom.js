// Making elements and texts. Whatever comes from the master goes in as text, never as markup.
const byId = (id) => document.getElementById(id);

/** make("p", {class: "x", title: "y"}, child, "text", ...) */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Changes the text only if it differs, so that nobody hears the same twice. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = text === "";
}

/** Makes `parent` hold just these, and leaves it alone while `key` stays the same. */
function fill(parent, key, makeChildren) {
  const text = JSON.stringify(key);
  if (parent.filledWith === text) return;
  parent.filledWith = text;
  parent.replaceChildren(...makeChildren());
}

/** "host:8081" */
const shortAddress = (rest) => String(rest).replace(/^http:\/\//, "");

/** A link to a master, or its address alone if that is no address of a page. */
function masterLink(rest) {
  return /^https?:\/\//.test(rest) ? make("a", {href: rest.replace(/\/*$/, "/")}, shortAddress(rest))
                                   : document.createTextNode(shortAddress(rest));
}

/** The sentence of that name with elements in its gaps. */
function sayWith(name, gaps) {
  return words[name]
      .split(/(\{\w+\})/)
      .filter((part) => part !== "")
      .map((part) => (part[0] === "{" && part.slice(1, -1) in gaps ? gaps[part.slice(1, -1)] : part));
}

const locale = document.documentElement.lang;
const clock =
    new Intl.DateTimeFormat(locale, {hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
const calendar = new Intl.DateTimeFormat(
    locale, {month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23"});
const wholeNumbers = new Intl.NumberFormat(locale);

/** A moment; without the day if it is today. */
function moment(ms) {
  if (!(ms > 0)) return "–";
  const at = new Date(ms);
  return (at.toDateString() === new Date().toDateString() ? clock : calendar).format(at);
}

/** "3 d 4 h", "12 min 5 s", "0.4 s" */
function span(ms) {
  if (!(ms >= 0)) return "–";
  if (ms < 1000) return `${ms} ms`;
  const seconds = Math.floor(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86400), "day"], [Math.floor(seconds / 3600) % 24, "hour"],
    [Math.floor(seconds / 60) % 60, "minute"], [seconds % 60, "second"]
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const gap = preferred === "zh" ? "" : " ";
  return parts.slice(first, first + 2)
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count}${gap}${words[unit]}`)
      .join(" ");
}

/** Microseconds as milliseconds, with as many digits as help. */
function milliseconds(us) {
  if (us >= 1e6) return wholeNumbers.format(Math.round(us / 1000));
  return us >= 1e5 ? String(Math.round(us / 1000)) : (us / 1000).toFixed(us >= 1e4 ? 1 : 2).replace(/\.0+$/, "");
}

function bytes(count) {
  return count < 1 << 20 ? `${Math.max(1, Math.round(count / 1024))} KiB` : `${(count / (1 << 20)).toFixed(1)} MiB`;
}

/** Calls `work` soon, once, however often it is asked for. */
function soon(work, delayMs) {
  let timer = 0;
  return () => {
    if (timer) return;
    timer = setTimeout(() => {
      timer = 0;
      work();
    }, delayMs);
  };
}

function sayAll() {
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("[data-hint]")) {
    element.placeholder = say(element.dataset.hint);
    element.setAttribute("aria-label", say(element.dataset.hint));
  }
}
