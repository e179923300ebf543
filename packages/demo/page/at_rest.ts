/** Does something with the last value once no newer one has come for `ms` milliseconds. */
export function atRest<T>(ms: number, act: (value: T) => void): (value: T) => void {
  let newest = 0;
  return (value) => {
    const mine = ++newest;
    setTimeout(() => mine === newest && act(value), ms);
  };
}
