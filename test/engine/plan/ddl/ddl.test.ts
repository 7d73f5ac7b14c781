import { describe, expect, it } from 'vitest'
import { renderSql, writeDdl } from '../../../../src/engine/plan/ddl/ddl.ts'
import { everything, targetColumn, targetTable } from '../target-samples.ts'

it('the statements are those of the golden file', async () => {
  await expect(renderSql(writeDdl(everything, 15))).toMatchFileSnapshot('../../../golden/ddl-everything.sql')
})

it('older servers get what they know: no nulls not distinct before 15', () => {
  expect(renderSql(writeDdl(everything, 13))).not.toContain('nulls not distinct')
})

it('identity on a partitioned table is a sequence before 17', () => {
  expect(renderSql(writeDdl(everything, 16))).toContain(`"ml"."predictions_id_seq"`)
  expect(renderSql(writeDdl(everything, 17))).not.toContain(`"ml"."predictions_id_seq"`)
})

describe('sql-injection', () => {
  const hostile = `x"; drop table t; --`
  it('names are quoted everywhere', () => {
    const table = targetTable(hostile, hostile, {
      columns: [targetColumn(hostile, 'bigint', { sequence: 'serial', comment: `'; ${hostile}` })],
      primaryKey: { name: hostile, columns: [hostile] },
      indexes: [
        {
          name: hostile,
          unique: false,
          parts: [{ column: hostile, descending: false, collation: hostile }],
          where: null,
        },
      ],
    })
    const sql = renderSql(writeDdl({ extensions: [hostile], schemas: [hostile], tables: [table] }, 15))
    const outside = sql.replaceAll(/'(?:[^']|'')*'/g, '').replaceAll(/"(?:[^"]|"")*"/g, '')
    expect(outside).not.toContain('drop')
  })
  it.each(['text; drop table t', 'text)', 'text default 1, x text', '"a"', ''])(
    'the type %j is refused',
    (type) => {
      const table = targetTable('s', 't', { columns: [targetColumn('c', type)] })
      expect(() => writeDdl({ extensions: [], schemas: [], tables: [table] }, 15)).toThrow(
        /not the name of a/,
      )
    },
  )
})
