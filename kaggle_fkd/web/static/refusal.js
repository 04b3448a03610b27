/** What was refused, as sentences: what is wrong, and what to do. */
export class Refusal extends Error {
  constructor(problem, remedy) {
    super([problem, remedy].filter(Boolean).map(sentence).join(" "));
  }
}

/** The text with a full stop and a capital, unless it begins with the name of a file. */
function sentence(text) {
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return ended.replace(/^[a-z]+(?= )/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
}

/** The refusal in the members of `application/problem+json`. */
export function refusalOf({ detail, remedy }) {
  return new Refusal(detail, remedy);
}
