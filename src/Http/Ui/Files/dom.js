// Elements from data. Text goes in as text nodes alone, so nothing that the cache holds becomes markup.

/** An element. Attributes that are null or false are left out; those that begin with "on" are listeners. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  element.append(...children.flat(9).filter(child => child !== null && child !== undefined && child !== false).map(child => child instanceof Node ? child : String(child)));
  return element;
}

/** Replaces what an element has in it. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(9).filter(child => child !== null && child !== undefined && child !== false).map(child => child instanceof Node ? child : String(child)));
  return element;
}

/** Marks that turn the direction of text, or that nobody sees: they are shown by their number. What joins emoji stays. */
const unseen = /[\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** Text of someone else's, whole: isolated from the direction of the text around it, with unseen marks shown. */
export function foreign(text, attributes) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(unseen)) {
    parts.push(text.slice(from, match.index), h('span', { class: 'mark' }, `U+${match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return h('bdi', { class: 'name', ...attributes }, parts);
}

/** A name in a list: cut when it is too long, whole when it is pointed at. */
export function short(text) {
  const characters = [...text.slice(0, 400)];
  return foreign(characters.length > 120 || text.length > 400 ? `${characters.slice(0, 120).join('')}…` : text, { class: 'name short', title: text });
}

/** A link to another view of this page. */
export function link(view, name, content) {
  return h('a', { href: address(view, name) }, content ?? short(name));
}

export function address(view, name) {
  return `#/${view}/${encodeURIComponent(name)}`;
}

/** Says something to those who listen, once. */
export function say(text) {
  document.getElementById('said').textContent = text;
}
