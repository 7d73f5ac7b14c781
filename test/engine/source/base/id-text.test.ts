/** An id is the same one in SQL and in our own code, whatever its texts hold and however its file encodes them. */
import { expect, it } from 'vitest'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import { fillFromStored } from '../../../../src/engine/encode/cell/stored-cell.ts'
import type { StoredCell } from '../../../../src/engine/model/storage.ts'
import { idKeyOfAll } from '../../../../src/engine/source/base/id-text.ts'
import { openMemory } from '../../../../src/engine/source/base/sqlite.ts'
import { joinedKey } from '../../../../src/engine/source/staging/orphans.ts'

const texts = ['a', 'Österreich', '日本', '😀', ',', '\\', '\\,', 'a,b', '']
const ids: readonly (readonly StoredCell[])[] = [
  ...texts.map((text): StoredCell[] => [{ text }, { integer: '7' }]),
  ...texts.map((text): StoredCell[] => [{ text: 'x' }, { text }]),
]

it.each(['UTF-8', 'UTF-16le'])('ids of several columns, %s', (encoding) => {
  using db = openMemory()
  db.pragma(`encoding = '${encoding}'`)
  const keyOf = db.prepare(`select ${joinedKey(['a', 'b'])} from (select ? as a, ? as b)`).pluck()
  const inSql = ids.map((id) =>
    keyOf.get(...id.map((cell) => (cell !== null && 'text' in cell ? cell.text : 7n))),
  )
  const inCode = ids.map((id) =>
    idKeyOfAll(
      id.map((stored) => {
        const cell = new Cell()
        fillFromStored(cell, stored)
        return cell
      }),
    ),
  )
  expect(inCode).toEqual(inSql)
  expect(new Set(inCode).size).toBe(ids.length)
})
