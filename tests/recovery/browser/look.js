// What is wrong with the page as it is laid out: nothing cut, nothing over another, text that can be read.
() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide, of ${root.clientWidth}`);
  const visible = (e) => e.checkVisibility() && e.getClientRects().length > 0;
  const shown = (e) => `<${e.tagName.toLowerCase()}> ${(e.textContent || "").trim().slice(0, 60)}`;

  for (const e of document.querySelectorAll("body *")) {
    if (!visible(e) || e.closest("svg") || e.closest("thead") && getComputedStyle(e.closest("thead")).position === "absolute") continue;
    const box = e.getBoundingClientRect();
    if (e.textContent.trim() && (box.right > root.clientWidth + 1 || box.left < -1)) found.push(`beyond the edge: ${shown(e)}`);
    const style = getComputedStyle(e);
    if (style.overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1) found.push(`cut or scrolled: ${shown(e)}`);
    if (style.textOverflow === "ellipsis") found.push(`ellipsis: ${shown(e)}`);
  }

  for (const svg of document.querySelectorAll("svg")) {
    if (!visible(svg)) continue;
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].map((t) => [t, t.getBoundingClientRect()]).filter(([, b]) => b.width);
    texts.forEach(([t, b], i) => {
      const out = b.left < frame.left - 1 || b.right > frame.right + 1 || b.top < frame.top - 1 || b.bottom > frame.bottom + 1;
      if (out) found.push(`cut in the picture ${svg.getAttribute("aria-label")}: ${t.textContent.trim()}`);
      for (const [u, c] of texts.slice(i + 1)) {
        const across = Math.min(b.right, c.right) - Math.max(b.left, c.left);
        const down = Math.min(b.bottom, c.bottom) - Math.max(b.top, c.top);
        if (across > 2 && down > 4) found.push(`one over another: ${t.textContent.trim()} | ${u.textContent.trim()}`);
      }
    });
  }

  // WCAG 2.2, 1.4.3: relative luminance, contrast 4.5 to 1, or 3 to 1 for large text.
  const channels = (c) => (c.match(/[\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [hi, lo] = [luminance(a), luminance(b)].sort((m, n) => n - m);
    return (hi + 0.05) / (lo + 0.05);
  };
  const opaque = (c) => c.startsWith("rgb") && (channels(c)[3] === undefined || channels(c)[3] === 1);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = getComputedStyle(at).backgroundColor;
      if (opaque(c)) return channels(c);
    }
    return [255, 255, 255];
  };
  const painted = (text) => {
    text.scrollIntoView({ block: "center" });
    const b = text.getBoundingClientRect();
    const under = document.elementsFromPoint(b.left + b.width / 2, b.top + b.height / 2);
    const shape = under.find((e) => e.closest("svg") && e.tagName !== "text" && e.tagName !== "svg" && opaque(getComputedStyle(e).fill));
    return shape ? channels(getComputedStyle(shape).fill) : behind(text);
  };
  const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let looked = 0;
  while (nodes.nextNode()) {
    const e = nodes.currentNode.parentElement;
    if (!nodes.currentNode.textContent.trim() || !visible(e) || ["STYLE", "title", "desc"].includes(e.tagName)) continue;
    const inPicture = e.closest("text");
    const style = getComputedStyle(inPicture || e);
    const ink = channels(inPicture ? style.fill : style.color);
    const size = parseFloat(style.fontSize), heavy = Number(style.fontWeight) >= 700;
    const least = size >= 24 || (heavy && size >= 18.66) ? 3 : 4.5;
    const had = ratio(ink, inPicture ? painted(inPicture) : behind(e));
    looked += 1;
    if (had < least) found.push(`contrast ${had.toFixed(2)}, and ${least} is needed: ${shown(e)}`);
  }
  return { looked, found: [...new Set(found)] };
}
