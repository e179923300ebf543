import { formatShape, ShapeError, type Tensor } from "@fiedler/gpu";

/**
 * Refuses tensors that are not of the parameter's shape.
 *
 * @throws {ShapeError} naming the first one.
 */
export function expectAlike(
  where: string,
  parameter: Tensor,
  others: Readonly<Record<string, Tensor>>,
): void {
  const wanted = formatShape(parameter.shape);
  for (const [name, { shape }] of Object.entries(others)) {
    if (formatShape(shape) === wanted) continue;
    throw new ShapeError(
      `${where}: ${name} must be ${wanted} as the parameter, got ${formatShape(shape)}`,
    );
  }
}

/**
 * Refuses numbers that are negative or not finite.
 *
 * @throws {RangeError} naming the first one.
 */
export function expectFactor(where: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value >= 0 && value < Infinity) continue;
    throw new RangeError(`${where}: ${name} must be a number from 0 on, got ${value}`);
  }
}
