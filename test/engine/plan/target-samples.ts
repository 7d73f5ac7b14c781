import { plainColumn, type TargetSchema, type TargetTable } from '../../../src/engine/model/target-schema.ts'

export const targetColumn = plainColumn

export function targetTable(schema: string, table: string, change: Partial<TargetTable>): TargetTable {
  return {
    schema,
    table,
    columns: [],
    primaryKey: null,
    uniques: [],
    checks: [],
    foreignKeys: [],
    indexes: [],
    partitioning: null,
    comment: null,
    existing: false,
    ...change,
  }
}

/** One schema with everything that a target table can have. */
export const everything: TargetSchema = {
  extensions: ['uuid-ossp'],
  schemas: ['trading', 'ml'],
  tables: [
    targetTable('trading', 'orders', {
      columns: [
        targetColumn('id', 'bigint', { nullable: false, sequence: 'bigserial' }),
        targetColumn('order_id', 'uuid', { nullable: false, default: 'gen_random_uuid()' }),
        targetColumn('parent', 'bigint'),
        targetColumn('price', 'numeric(20,8)'),
        targetColumn('total', 'numeric', { generated: '"price" * 2' }),
        targetColumn('select', 'character varying(20)', { comment: "it's \\ reserved" }),
        targetColumn('at', 'timestamp with time zone'),
      ],
      primaryKey: { name: 'orders_pkey', columns: ['id'] },
      uniques: [
        { name: 'orders_order_id_key', columns: ['order_id'] },
        { name: 'orders_at_key', columns: ['at', 'select'], nullsNotDistinct: true },
      ],
      checks: [{ name: 'orders_price_check', expression: '"price" >= 0' }],
      foreignKeys: [
        {
          name: 'orders_parent_fkey',
          columns: ['parent'],
          references: { schema: 'trading', table: 'orders', columns: ['id'] },
          onDelete: 'SET NULL',
          onUpdate: 'no action',
          deferrable: true,
          validated: false,
        },
      ],
      indexes: [
        {
          name: 'orders_lower_idx',
          unique: true,
          parts: [
            { expression: 'lower("select")', columns: ['select'], descending: false, collation: null },
            { column: 'at', descending: true, collation: null },
            { column: 'select', descending: false, collation: 'C' },
          ],
          where: '"price" > 0',
        },
      ],
      comment: 'every order',
    }),
    targetTable('ml', 'predictions', {
      columns: [
        targetColumn('id', 'bigint', { nullable: false, sequence: 'identity' }),
        targetColumn('timestamp', 'timestamp with time zone', { nullable: false }),
        targetColumn('order_id', 'uuid'),
        targetColumn('order', 'bigint'),
      ],
      primaryKey: { name: 'predictions_pkey', columns: ['id', 'timestamp'] },
      checks: [{ name: 'predictions_check', expression: '"id" > 0' }],
      foreignKeys: [
        {
          name: 'predictions_order_id_fkey',
          columns: ['order_id'],
          references: { schema: 'trading', table: 'orders', columns: ['order_id'] },
          onDelete: 'cascade',
          onUpdate: 'cascade',
          deferrable: false,
          validated: true,
        },
        {
          name: 'predictions_order_fkey',
          columns: ['order'],
          references: { schema: 'trading', table: 'orders', columns: ['id'] },
          onDelete: null,
          onUpdate: null,
          deferrable: false,
          validated: false,
        },
      ],
      indexes: [
        {
          name: 'predictions_timestamp_idx',
          unique: false,
          parts: [{ column: 'timestamp', descending: true, collation: null }],
          where: null,
        },
      ],
      partitioning: {
        kind: 'months',
        column: 'timestamp',
        months: [
          {
            name: 'predictions_2024_01',
            from: '2024-01-01 00:00:00+00',
            to: '2024-02-01 00:00:00+00',
          },
        ],
        defaultName: 'predictions_default',
      },
    }),
    targetTable('trading', 'there_before', { existing: true }),
  ],
}
