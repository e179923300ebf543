import { fail, kindOf, type Machine, peek, pop, push, setItems, spend } from "./pickle_machine.ts";
import { quoteName } from "./quote.ts";
import { isKind, type PickleGlobal, type PickleValue, tupleItems } from "./pickle_value.ts";

/** Looks a name up in the allow-list. */
export function pushGlobal(machine: Machine, module: string, name: string): void {
  // Pickles of protocol 2 spell the module as Python 2 does.
  const full = `${module === "__builtin__" ? "builtins" : module}.${name}`;
  const found = machine.globals.get(full);
  if (found) return push(machine, found);
  fail(
    machine,
    `it names ${
      quoteName(full)
    }, which is not on the list of harmless names, so the file is refused; ` +
      "nothing of it was run. If you trust it, save its tensors alone, in Python: " +
      'checkpoint = torch.load(path); torch.save(checkpoint["model"], "tensors.pth"), with the ' +
      "key that holds them; of a whole model, torch.save(model.state_dict(), …)",
  );
}

/** STACK_GLOBAL: module and name are on the stack. */
export function stackGlobal(machine: Machine): void {
  const name = pop(machine);
  const module = pop(machine);
  if (typeof name !== "string" || typeof module !== "string") {
    return fail(machine, `a name made of ${kindOf(module)} and ${kindOf(name)}, not of texts`);
  }
  pushGlobal(machine, module, name);
}

/** REDUCE and NEWOBJ: a call, of which a container or an inert record is made. */
export function call(machine: Machine): void {
  const args = tupleItems(pop(machine));
  const callee = pop(machine);
  if (!isKind(callee, "global")) return fail(machine, `a call of ${kindOf(callee)}`);
  if (!args) return fail(machine, `${callee.name} is called with something that is no tuple`);
  push(machine, make(machine, callee, args));
}

function make(
  machine: Machine,
  { name, makes }: PickleGlobal,
  args: readonly PickleValue[],
): PickleValue {
  switch (makes) {
    case "nothing":
      return fail(machine, `a call of ${name}, which is a name only`);
    case "record":
      return { kind: "record", name, args };
    case "dict":
      return { kind: "dict", entries: entriesOf(machine, name, args) };
    case "set":
    case "frozenset":
      return { kind: "sequence", type: makes, items: itemsOf(machine, name, args) };
  }
}

/** `OrderedDict()`, `OrderedDict([[key, value], …])`, `defaultdict(list)`, `Counter({…})`. */
function entriesOf(
  machine: Machine,
  name: string,
  args: readonly PickleValue[],
): Map<PickleValue, PickleValue> {
  const given = args.filter((arg) => arg !== null && !isKind(arg, "global"));
  const entries = new Map<PickleValue, PickleValue>();
  if (given.length === 0) return entries;
  const [from] = given;
  if (given.length === 1 && isKind(from, "dict")) {
    spend(machine, from.entries.size); // a copy
    return new Map(from.entries);
  }
  if (given.length > 1 || !isKind(from, "sequence")) {
    return fail(machine, `${name} made of ${kindsOf(given)}`);
  }
  spend(machine, from.items.length);
  for (const pair of from.items) {
    if (!isKind(pair, "sequence") || pair.items.length !== 2) {
      return fail(machine, `${name} made of a list that is not all pairs`);
    }
    setItems(machine, entries, pair.items);
  }
  return entries;
}

/** `set([…])`. */
function itemsOf(machine: Machine, name: string, args: readonly PickleValue[]): PickleValue[] {
  const [from] = args;
  if (args.length === 0) return [];
  if (args.length > 1 || !isKind(from, "sequence")) {
    return fail(machine, `${name} made of ${kindsOf(args)}`);
  }
  spend(machine, from.items.length); // a copy
  return [...from.items];
}

function kindsOf(values: readonly PickleValue[]): string {
  const kinds = values.slice(0, 3).map(kindOf).join(", ");
  return values.length > 3 ? `${kinds}, …` : kinds;
}

/** BUILD: attributes of an `OrderedDict`, or the state of a record; once each. */
export function build(machine: Machine): void {
  const state = pop(machine);
  const target = peek(machine);
  if (isKind(target, "dict") && isKind(state, "dict") && !target.attributes) {
    target.attributes = state;
  } else if (isKind(target, "record") && target.state === undefined) {
    target.state = state;
  } else {
    fail(machine, `cannot give ${kindOf(target)} a state of ${kindOf(state)}`);
  }
}
