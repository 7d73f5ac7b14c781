/**
 * Tells a kernel the values of columns in records that were written before the columns were added (ALTER TABLE ADD COLUMN). Invariant: a
 * value has the record format's bytes, so that the kernel reads it like any other.
 */
import { BLOB, type Cell, INTEGER, NULL, REAL, TEXT } from '../../encode/cell/cell.ts'

type AddedKernel = {
  readonly memory: Buffer
  constant(name: string): number
  setAdded(column: number, type: number, place: number): void
}

/**
 * Writes the values of the columns from `first` on into the kernel's memory. Returns the bytes that they take; null, with nothing
 * written, when there is no room for all.
 */
export function enterAdded(kernel: AddedKernel, first: number, values: readonly Cell[]): number | null {
  const { memory, constant } = kernel
  const stored = values.map(storedBytes)
  const total = stored.reduce((sum, { length }) => sum + length, 0)
  if (total > constant('ADDED_BYTES')) return null
  let place = constant('ADDED')
  stored.forEach((bytes, index) => {
    memory.set(bytes, place)
    kernel.setAdded(first + index, serialType(values[index]!), place)
    place += bytes.length
  })
  return total
}

/** https://www.sqlite.org/fileformat2.html#record_format */
function serialType(cell: Cell): number {
  switch (cell.storage) {
    case NULL:
      return 0
    case INTEGER:
      return 6
    case REAL:
      return 7
    case BLOB:
      return (cell.end - cell.start) * 2 + 12
    case TEXT:
      return (cell.end - cell.start) * 2 + 13
    default:
      return cell.storage satisfies never
  }
}

function storedBytes(cell: Cell): Buffer {
  const bytes = Buffer.alloc(8)
  switch (cell.storage) {
    case NULL:
      return bytes.subarray(0, 0)
    case INTEGER:
      bytes.writeBigInt64BE(cell.integer())
      return bytes
    case REAL:
      bytes.writeDoubleBE(cell.number)
      return bytes
    default:
      return cell.bytes()
  }
}
