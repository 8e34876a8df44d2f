// Behaviour that the page adds to Gradio: panels, citations, upload, the reader. Everything is delegated from document, because Gradio redraws its parts.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const CITE = /^#(t\d+-[MR]\d+)$/;
  const ACT = /^#act-([a-z]+)-(\w+)$/;
  const PASSAGE = /^#([a-z0-9]+(?:-[a-z0-9]+)*)(?:--([a-z0-9]+(?:-[a-z0-9]+)*))?$/;
  const NARROW = matchMedia("(max-width: 799px)");
  let cameFrom = null; // the mark in the answer that was followed last

  const act = (name, value) => window.gnomonAct && window.gnomonAct(name, value);

  // ---- Panels -------------------------------------------------------------------------------------------------------------------
  function show(part) {
    document.body.dataset.part = part;
    $$("[data-show]").forEach((button) => button.toggleAttribute("aria-current", button.dataset.show === part));
    $$("[data-show][aria-current]").forEach((button) => button.setAttribute("aria-current", "true"));
  }

  function toggle(button) {
    const name = "no-" + button.dataset.toggle;
    const folded = document.body.classList.toggle(name);
    button.setAttribute("aria-pressed", String(!folded));
  }

  function unfold(part) {
    document.body.classList.remove("no-" + part);
    $(`[data-toggle="${part}"]`)?.setAttribute("aria-pressed", "true");
    if (NARROW.matches) show(part);
  }

  function setTheme(dark) {
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    $$("[data-theme-switch]").forEach((button) => (button.textContent = dark ? "Light" : "Dark"));
  }

  // ---- Citations ----------------------------------------------------------------------------------------------------------------
  async function follow(link, id) {
    cameFrom = link;
    unfold("sources");
    const turn = id.slice(1).split("-")[0];
    if (!$(`#cards [data-turn="${turn}"]`)) act("turn", turn);
    const card = await until(() => document.getElementById(id));
    if (card) focusOn(card);
  }

  function focusOn(element) {
    element.focus({ preventScroll: true });
    ($("mark", element) && element.classList.contains("card") ? $("mark", element) : element).scrollIntoView({ block: "center", behavior: calm() });
    if (element.getBoundingClientRect().top < 0) element.scrollIntoView({ block: "start" });
  }

  function goBack(id) {
    if (NARROW.matches) show("chat");
    const link = cameFrom?.isConnected && cameFrom.getAttribute("href") === "#" + id ? cameFrom : $(`#talk a[href="#${id}"]`);
    if (!link) return;
    link.focus({ preventScroll: true });
    link.scrollIntoView({ block: "center", behavior: calm() });
  }

  const calm = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

  async function until(find, tries = 100) {
    for (let i = 0; i < tries; i++) {
      const found = find();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return null;
  }

  // ---- Upload -------------------------------------------------------------------------------------------------------------------
  function upload(file) {
    const request = new XMLHttpRequest();
    let read = 0;
    request.open("POST", "project?name=" + encodeURIComponent(file.name));
    request.upload.onprogress = (event) => stage(`Sending ${file.name}`, event.lengthComputable ? (0.3 * event.loaded) / event.total : 0);
    request.onprogress = () => {
      const lines = request.responseText.slice(read).split("\n");
      read = request.responseText.length - lines.pop().length;
      lines.filter(Boolean).map(parsed).forEach((line) => line && "stage" in line && stage(line.stage, 0.3 + 0.7 * line.done));
    };
    request.onload = () => {
      const last = parsed(request.responseText.trim().split("\n").pop());
      if (request.status === 200 && last && "ok" in last) finish(last.ok ? "" : last.message);
      else finish(request.responseText.slice(0, 300) || "The upload was refused.", true);
    };
    request.onerror = () => finish("The upload was broken off. Is it larger than allowed?", true);
    stage(`Sending ${file.name}`, 0);
    request.send(file);
  }

  function parsed(text) {
    try { return JSON.parse(text); } catch { return null; }
  }

  function stage(text, done) {
    const box = $(".stages");
    box.hidden = false;
    box.classList.remove("failed");
    $("progress", box).hidden = false;
    $("progress", box).value = done;
    $("span", box).textContent = text;
    say(text);
  }

  function finish(refusal, local = false) {
    const box = $(".stages");
    box.hidden = !local;
    box.classList.toggle("failed", local);
    $("progress", box).hidden = true;
    $("span", box).textContent = refusal;
    if (!local) act("refresh", "");
    else say(refusal);
  }

  // ---- Announcements ------------------------------------------------------------------------------------------------------------
  function say(text) {
    let live = $("#live");
    if (!live) {
      live = document.createElement("div");
      live.id = "live";
      live.className = "unseen";
      live.setAttribute("role", "status");
      document.body.append(live);
    }
    if (live.textContent !== text) live.textContent = text;
  }

  // ---- Reader -------------------------------------------------------------------------------------------------------------------
  async function openPassage(id, section) {
    selectTab(1);
    await fillContents();
    const page = $("#document");
    if (!page) return;
    if (page.dataset.id !== id) {
      const answer = await fetch("page/document/" + encodeURIComponent(id));
      page.innerHTML = await answer.text();
      page.dataset.id = answer.ok ? id : "";
    }
    $$("#contents a").forEach((link) => link.toggleAttribute("aria-current", link.getAttribute("href") === "#" + id));
    const target = document.getElementById(section ? `${id}--${section}` : id);
    $$(".passage.target").forEach((other) => other.classList.remove("target"));
    if (!target) return;
    if (section) target.classList.add("target");
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }

  function selectTab(index) {
    $$('#tabs [role="tab"]')[index]?.click();
  }

  async function fillContents() {
    const box = await until(() => $("#contents")); // Gradio draws a tab when it is first opened
    if (!box || box.childElementCount) return;
    box.innerHTML = await (await fetch("page/contents")).text();
  }

  function find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (haystack) => words.every((word) => haystack.includes(word));
    let shown = 0;
    for (const entry of $$("#contents .entry")) {
      const title = $("a.document", entry).textContent.toLowerCase() + " " + entry.dataset.words;
      const rows = $$("li", entry);
      const hits = rows.filter((row) => words.length && has(row.textContent.toLowerCase()));
      entry.hidden = words.length > 0 && !hits.length && !has(title);
      rows.forEach((row) => (row.hidden = words.length > 0 && hits.length > 0 && !hits.includes(row)));
      $("details", entry).open = hits.length > 0;
      shown += entry.hidden ? 0 : Math.max(hits.length, 1);
    }
    $$("#contents .domain").forEach((domain) => (domain.hidden = $$(".entry", domain).every((entry) => entry.hidden)));
    $(".found").textContent = words.length ? (shown ? `${shown} found` : "Nothing found") : "";
  }

  function openFromAddress() {
    const asked = new URLSearchParams(location.search).get("passage");
    const hash = location.hash || (asked ? "#" + asked.replace("#", "--") : "");
    const passage = PASSAGE.exec(hash);
    if (passage) openPassage(passage[1], passage[2]);
  }

  // ---- One handler for every press ----------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    const button = event.target.closest("[data-act],[data-copy],[data-copy-link],[data-back],[data-show],[data-toggle],[data-theme-switch]");
    if (event.target.closest('[role="tab"]')) fillContents();
    if (link) pressLink(event, link);
    else if (button) press(event, button.dataset, button);
  });

  function pressLink(event, link) {
    const target = link.getAttribute("href");
    const [cite, action, passage] = [CITE.exec(target), ACT.exec(target), PASSAGE.exec(target)];
    event.preventDefault(); // the base address would make it a navigation
    if (cite) follow(link, cite[1]);
    else if (action) act(action[1], action[2]);
    else if (passage) {
      history.pushState(null, "", location.pathname + location.search + target);
      openPassage(passage[1], passage[2]);
    }
  }

  function press(event, data, button) {
    if (data.act === "forget" && !confirm("Delete your project and this conversation?")) return;
    if (data.act) { event.preventDefault(); act(data.act, data.value); }
    if (data.act === "sample" && NARROW.matches) show("chat");
    if (data.back) goBack(data.back);
    if (data.show) show(data.show);
    if (data.toggle) toggle(button);
    if (data.copy) copied(button, data.copy);
    if (data.copyLink) copied(button, location.origin + location.pathname + "#" + data.copyLink);
    if ("themeSwitch" in data) {
      setTheme(!document.body.classList.contains("dark"));
      localStorage.setItem("gnomon-theme", document.body.classList.contains("dark") ? "dark" : "light");
    }
  }

  async function copied(button, text) {
    const before = button.textContent;
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; say("Copied"); } catch { button.textContent = text; }
    setTimeout(() => (button.textContent = before), 1500);
  }

  document.addEventListener("input", (event) => event.target.id === "find" && find(event.target.value));
  document.addEventListener("change", (event) => {
    if (event.target.id !== "upload" || !event.target.files[0]) return;
    upload(event.target.files[0]);
    event.target.value = "";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest?.(".card")) goBack(event.target.closest(".card").id);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const zone = event.target.closest?.(".zone");
      if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
      $(".zone")?.classList.toggle("over", name === "dragover" && Boolean(zone));
      if (name === "drop" && zone && event.dataTransfer.files[0]) upload(event.dataTransfer.files[0]);
    });
  }
  addEventListener("popstate", openFromAddress);
  addEventListener("hashchange", openFromAddress);

  // ---- Start --------------------------------------------------------------------------------------------------------------------
  async function start() {
    show("chat");
    await until(() => $("#talk") && $("#status") && $("#question textarea"), 600);
    const kept = localStorage.getItem("gnomon-theme");
    setTheme(kept ? kept === "dark" : document.body.classList.contains("dark"));
    $('#talk [role="log"]')?.setAttribute("aria-live", "off"); // a streaming log would be read out word by word; the status line says when it is done
    new MutationObserver(() => say($("#status").textContent.trim())).observe($("#status"), { childList: true, subtree: true, characterData: true });
    new MutationObserver(nameButtons).observe($("#question"), { childList: true, subtree: true });
    nameButtons();
    document.body.dataset.ready = "yes";
    openFromAddress();
  }

  function nameButtons() {
    for (const [kind, name] of [["submit", "Send the question"], ["stop", "Stop the answer"]]) $(`#question .${kind}-button`)?.setAttribute("aria-label", name);
  }
  start();
})();
