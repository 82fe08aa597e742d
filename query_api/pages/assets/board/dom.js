// Making and finding elements. Text is only ever set as text: it comes from strangers.

export const byId = (id) => document.getElementById(id);

/** A new element with properties and children; a child is a node, a text, or null for none. */
export function el(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A new SVG element with attributes. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A copy of a template's first element, or of all it holds. */
export const copyOf = (id) => byId(id).content.firstElementChild.cloneNode(true);
export const contentOf = (id) => byId(id).content.cloneNode(true);

/** Sets a text where it differs: an equal one would cost the browser the same as another. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
