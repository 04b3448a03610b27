/** An element of that kind with this text. */
export function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}
