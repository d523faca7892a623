const hidden = new Map();
export const kept = [];

export function keep(event) {
  hidden.set(event.token, true);
  kept.push(event.customer);
}

export function lose(event) {
  hidden.set(event.token, true);
  hidden.delete(event.token);
}
