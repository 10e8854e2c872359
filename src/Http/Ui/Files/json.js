// JSON set out in lines, without reading its numbers: what is shown is what is stored.

/** The text with a line for each member; null if it is not JSON. */
export function indentJson(text) {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  const parts = [];
  let depth = 0;
  const line = () => `\n${'  '.repeat(Math.min(depth, 40))}`;
  tokens.forEach((token, i) => {
    if (token === '{' || token === '[') {
      depth++;
      const isEmpty = tokens[i + 1] === '}' || tokens[i + 1] === ']';
      parts.push(token, isEmpty ? '' : line());
    } else if (token === '}' || token === ']') {
      depth--;
      parts.push(tokens[i - 1] === '{' || tokens[i - 1] === '[' ? '' : line(), token);
    } else {
      parts.push(token === ',' ? `,${line()}` : token === ':' ? ': ' : token);
    }
  });
  return parts.join('');
}
