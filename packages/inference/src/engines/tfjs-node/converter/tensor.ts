/** Element types of a converted graph, with the codes of TensorFlow's `DataType`. */
export const typeCodes = { float: 1, int32: 3, int64: 9, bool: 10 } as const;
export type ElementType = keyof typeof typeCodes;

/** A number, or `null` where it is known only when the model runs (the batch). */
export type Dimension = number | null;

/** A tensor whose numbers are known when the model is converted, row by row. Integers are exact up to 2^53. */
export interface Constant {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Float32Array | readonly number[];
}

export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((size, dim) => size * dim, 1);
}

export function ints(type: "int32" | "int64", data: readonly number[]): Constant {
  return { type, dims: [data.length], data };
}

export function scalar(value: number): Constant {
  return { type: "float", dims: [], data: Float32Array.of(value) };
}

/** The same numbers under other dimensions. */
export function reshaped(constant: Constant, dims: readonly number[]): Constant {
  return { ...constant, dims };
}

/** The constant with its axes in the order of `permutation`. */
export function transposed(constant: Constant, permutation: readonly number[]): Constant {
  const { dims, data } = constant;
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)));
  const outDims = permutation.map((axis) => dims[axis] ?? 1);
  const outStrides = permutation.map((axis) => strides[axis] ?? 1);
  const size = sizeOf(dims);
  const out = constant.type === "float" ? new Float32Array(size) : new Array<number>(size).fill(0);
  const at = outDims.map(() => 0);
  let from = 0;
  for (let i = 0; i < size; i++) {
    out[i] = data[from] ?? 0;
    for (let axis = at.length - 1; axis >= 0; axis--) {
      const next = (at[axis] ?? 0) + 1;
      from += outStrides[axis] ?? 0;
      at[axis] = next;
      if (next < (outDims[axis] ?? 1)) break;
      from -= next * (outStrides[axis] ?? 0);
      at[axis] = 0;
    }
  }
  return { ...constant, dims: outDims, data: out };
}

/** The constant's bytes as a TensorFlow tensor keeps them, little-endian. */
export function bytesOf({ type, data }: Constant): Uint8Array {
  const view = {
    float: () => (data instanceof Float32Array ? data : Float32Array.from(data)),
    int32: () => Int32Array.from(data),
    int64: () => BigInt64Array.from(data, (value) => BigInt(value)),
    bool: () => Uint8Array.from(data),
  }[type]();
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The dimensions that two tensors have together by the rules of broadcasting. */
export function broadcast(a: readonly Dimension[], b: readonly Dimension[]): Dimension[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = i < rank - a.length ? 1 : (a[i - rank + a.length] ?? null);
    const y = i < rank - b.length ? 1 : (b[i - rank + b.length] ?? null);
    if (x === 1) return y;
    return y === 1 ? x : (x ?? y);
  });
}
