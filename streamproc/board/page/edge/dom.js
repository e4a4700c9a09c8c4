/**
 * Elements, without markup: text reaches the page through `textContent` alone, and no attribute that
 * runs or loads anything can be set from here.
 */

const SVG = "http://www.w3.org/2000/svg";
const REFUSED = /^(on|style$|src|srcdoc$|formaction$|xlink)/i;

/** An HTML element. Shapes: `on` holds listeners; a child is an element or text; null is left out. */
export function el(tag, { on = {}, ...attributes } = {}, ...children) {
  return filled(document.createElement(tag), attributes, on, children);
}

/** An SVG element, likewise. */
export function svg(tag, { on = {}, ...attributes } = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, on, children);
}

function filled(element, attributes, on, children) {
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  append(element, children);
  return element;
}

/** Append children; arrays are taken apart. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Set an attribute if it differs; null and false take it away. Errors: a refused name throws. */
export function attribute(element, name, value) {
  if (REFUSED.test(name)) throw new Error(`attribute ${name} is not for data`);
  if (name === "href" && !String(value).startsWith("#")) throw new Error("links stay on this page");
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Set the text if it differs, so that selections and screen readers are left in peace. */
export function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** Replace all children. */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

/**
 * Bring the children of an element into the given order; those that stand right stay untouched.
 *
 * Shapes: `parts` are elements; children that are not among them leave.
 */
export function arrange(element, parts) {
  const wanted = new Set(parts);
  for (const child of [...element.children]) if (!wanted.has(child)) child.remove();
  let next = element.firstElementChild; // by siblings: an index into a list that changes costs its length
  for (const part of parts) {
    if (part === next) next = next.nextElementSibling;
    else element.insertBefore(part, next);
  }
}

/** A class on or off. */
export function toggle(element, name, on) {
  element.classList.toggle(name, Boolean(on));
}
