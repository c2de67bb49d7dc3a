// What every page uses: the document that it was made of, and elements that hold values as text only.
"use strict";
var MlAssets = MlAssets || {};

MlAssets.document = JSON.parse(document.getElementById("document").textContent);

/**
 * A new element. `attributes` are set as they are, but for `text` (its text) and those that are null, undefined or
 * false (left out); true sets an empty one. `children` are elements or texts. Nothing is ever read as HTML.
 */
MlAssets.element = function (tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
};

/** Text in which `words` between backquotes are shown as code, as children of an element. */
MlAssets.prose = (text) => text.split(/`([^`]+)`/).map((part, n) => (n % 2 ? MlAssets.element("code", { text: part }) : part));

/** The element with this id. */
MlAssets.byId = (id) => document.getElementById(id);

/** Put these children into an element, in place of what it held. */
MlAssets.fill = (parent, ...children) => parent.replaceChildren(...children.flat().filter((child) => child != null));

/** Copy a text; resolves to whether that worked (pages of plain http have no clipboard of their own). */
MlAssets.copy = async function (text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = MlAssets.element("textarea", { readonly: true, class: "copied", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    const focused = document.activeElement;
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    if (focused) focused.focus();
    return worked;
  }
};
