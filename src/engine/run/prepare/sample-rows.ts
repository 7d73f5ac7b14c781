/** The first rows of a table as stored and as the target would hold them, read and encoded by the copy's own code. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ByteWriter } from '../../encode/cell/byte-writer.ts'
import type { Cell, SourceRow } from '../../encode/cell/cell.ts'
import { storedCellOf } from '../../encode/cell/stored-cell.ts'
import { fieldText } from '../../encode/rows/field-text.ts'
import { RowEncoder } from '../../encode/rows/row-encoder.ts'
import { EVERY_ROW } from '../../model/block.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import { rejectSentences } from '../../model/reject-sentences.ts'
import type { StorageClass } from '../../model/storage.ts'
import { openReader } from '../../source/readers/readers.ts'
import { orphanTestsOf } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { tupleFields } from '../../target/copy/copy-binary.ts'
import type { Prepared } from './prepare.ts'

export type SampleRows = { readonly tableId: string; readonly rows: readonly SampleRow[] }

export type SampleRow = {
  /** Its number in key order, from 1. */
  readonly ordinal: number
  /** One for each target column; `before` is null when the column has no single source cell. */
  readonly cells: readonly {
    readonly target: string
    readonly before: { readonly storage: StorageClass; readonly text: string } | null
    readonly after: string | null
  }[]
  /** Why the row would go to quarantine; null when it would not. */
  readonly refused: string | null
}

export function sampleRows(request: {
  readonly prepared: Prepared
  readonly tableId: string
  readonly count: number
}): SampleRows {
  const { prepared, tableId, count } = request
  const table = prepared.plan.tables.find(({ id }) => id === tableId)!
  const copy = copyPlanOf(table)
  const staging = join(prepared.folder, 'sample.db')
  const staged = stageOnly(prepared.plan, table)
  const isStaged = needsStaging(staged)
  if (isStaged) buildStaging(staged, prepared.snapshots, staging)
  const reader = openReader('sqlite', table, copy, prepared.snapshots, isStaged ? staging : null)
  try {
    const encoder = new RowEncoder(copy, targetTableOf(prepared.plan, copy.target), {
      orphans: orphanTestsOf(prepared.orphans, table),
      exact: false,
    })
    const out = new ByteWriter()
    const rows: SampleRow[] = []
    const reading = reader.open(EVERY_ROW)
    const visit = (row: SourceRow): void => {
      if (row.wanted && rows.length < count) rows.push(sampleOf(row, copy, encoder, out))
    }
    while (rows.length < count && reading.advance(count, visit));
    return { tableId, rows }
  } finally {
    reader.close()
    if (isStaged) rmSync(staging, { force: true })
  }
}

/** Returns the plan reduced to this table and those folded into it. */
function stageOnly(plan: Plan, table: TablePlan): Plan {
  const wanted = plan.tables.filter(
    ({ id, fate }) => id === table.id || (fate.kind === 'fold' && fate.into === table.id),
  )
  return { ...plan, tables: wanted }
}

function sampleOf(row: SourceRow, copy: CopyPlan, encoder: RowEncoder, out: ByteWriter): SampleRow {
  const before = copy.columns.map(({ from }) => {
    if (from.kind === 'rowid') return cellText(row.rowid)
    if (from.kind !== 'column') return null
    const cell = row.cells[copy.read.columns.indexOf(from.column)]
    return cell === undefined ? null : cellText(cell)
  })
  out.position = 0
  const refusal = encoder.encode(row, out)
  const after = refusal === null ? fieldsOf(out, copy) : copy.columns.map(() => null)
  return {
    ordinal: row.ordinal,
    cells: copy.columns.map(({ target }, index) => ({
      target,
      before: before[index] ?? null,
      after: after[index] ?? null,
    })),
    refused:
      refusal === null
        ? null
        : `${refusal.column === null ? '' : `${refusal.column}: `}${rejectSentences[refusal.code]}`,
  }
}

/** Returns the tuple's fields, which follow their two-byte count (manual, COPY, binary format). */
function fieldsOf(out: ByteWriter, copy: CopyPlan): (string | null)[] {
  return tupleFields(out.buffer.subarray(2, out.position)).map((field, at) =>
    field === null ? null : fieldText(field, copy.columns[at]!.from),
  )
}

const mostCharacters = 2000

function cellText(cell: Cell): { storage: StorageClass; text: string } {
  const stored = storedCellOf(cell)
  if (stored === null) return { storage: 'null', text: 'null' }
  if ('integer' in stored) return { storage: 'integer', text: stored.integer }
  if ('real' in stored) return { storage: 'real', text: stored.real }
  if ('text' in stored) return { storage: 'text', text: stored.text.slice(0, mostCharacters) }
  if ('blob' in stored)
    return {
      storage: 'blob',
      text: `x'${Buffer.from(stored.blob, 'base64').toString('hex').slice(0, mostCharacters)}'`,
    }
  return {
    storage: 'text',
    text: Buffer.from(stored.textBase64, 'base64').toString().slice(0, mostCharacters),
  }
}
