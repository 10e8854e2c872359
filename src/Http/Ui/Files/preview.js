// A value as far as it can be shown without being run: JSON, text, images that are made of pixels, or its first bytes.

import { foreign, h } from './dom.js';
import { bytes, count } from './format.js';
import { indentJson } from './json.js';

/** How many characters of a text are shown. */
const mostCharacters = 100_000;

/** How many bytes are shown as such. */
const mostBytes = 512;

/** Kinds of images that hold no script, each by how it begins. */
const images = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  ['image/avif', /^[^]{4}ftypavi[fs]/],
];

/** @returns nodes */
export function preview(value, contentType, signal) {
  const media = (contentType ?? '').split(';')[0].trim().toLowerCase();
  const image = imageOf(value, media, signal);
  if (image !== null) {
    return [image];
  }
  const text = textOf(value, contentType);
  if (text === null) {
    return hexOf(value);
  }
  const json = media === '' || media.includes('json') ? indentJson(text) : null;
  const shown = (json ?? text).slice(0, mostCharacters);
  return [
    h('pre', { tabindex: '0', 'aria-label': json === null ? 'The value, as text' : 'The value, as JSON' }, foreign(shown, { class: 'value', dir: 'ltr' })),
    shown.length < (json ?? text).length && h('p', { class: 'dim' }, `The first ${count(shown.length, 'character')} are shown.`),
  ];
}

function imageOf(value, media, signal) {
  const head = String.fromCharCode(...value.slice(0, 16));
  const found = images.find(([type, begins]) => type === media && begins.test(head));
  if (found === undefined) {
    return null;
  }
  const address = URL.createObjectURL(new Blob([value], { type: found[0] }));
  signal.addEventListener('abort', () => URL.revokeObjectURL(address));
  const note = h('figcaption', { class: 'dim' }, found[0]);
  return h('figure', { class: 'image' }, h('img', { src: address, alt: 'The value, as an image', onload: event => {
    note.textContent = `${found[0]}, ${event.target.naturalWidth} × ${event.target.naturalHeight}`;
  }, onerror: () => {
    note.textContent = `${found[0]}, and cannot be shown`;
  } }), note);
}

/** The value as text; null if it is not. */
function textOf(value, contentType) {
  const charset = /charset=\s*"?([\w.:-]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8';
  try {
    const text = new TextDecoder(charset, { fatal: true }).decode(value);
    return /[\x00-\x08\x0e-\x1f]/.test(text.slice(0, 4096)) ? null : text;
  } catch {
    return null;
  }
}

function hexOf(value) {
  const lines = [];
  for (let at = 0; at < Math.min(value.length, mostBytes); at += 16) {
    const part = [...value.slice(at, Math.min(at + 16, mostBytes))];
    const hex = part.map(byte => byte.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${part.map(byte => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.').join('')}`);
  }
  return [
    h('pre', { tabindex: '0', 'aria-label': 'The value, as bytes' }, lines.join('\n')),
    h('p', { class: 'dim' }, value.length > mostBytes ? `The first ${mostBytes} of ${bytes(value.length)}.` : `${bytes(value.length)}.`),
  ];
}
