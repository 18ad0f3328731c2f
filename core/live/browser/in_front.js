// The machine whose terminals a page shows, and that something happens in them: for what else shows that machine.

/**
 * @typedef Follower
 * @property {(machine: string) => void} show
 * @property {(machine: string, enter: boolean) => void} typed enter: a line was sent; else something was printed
 */

/** @type {Set<Follower>} */ const followers = new Set();
let front = "";

/** @param {string} machine */
export function show(machine) {
  front = machine;
  for (const each of followers) each.show(machine);
}

/** @param {string} machine @param {boolean} enter */
export function typed(machine, enter) {
  for (const each of followers) each.typed(machine, enter);
}

/** @param {Follower} follower is told at once, if a machine was shown @returns a function that ends it */
export function follow(follower) {
  followers.add(follower);
  if (front) follower.show(front);
  return () => followers.delete(follower);
}
