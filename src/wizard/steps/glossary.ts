/** The screens' special words, each explained in a sentence: beside a table that has one, and all of them in the help. */
export const glossary = {
  snapshot: 'A copy of a database at one moment; everything is read from it, and it is the fallback.',
  'as it is': 'Every row becomes one row with the same values.',
  amended: "The mapping's table as written would lose rows or not run: the findings say what was changed.",
  folded: 'Each row becomes an element of a JSON array in the row that it belongs to, with all its columns.',
  pivoted: 'Rows of one name and value each become one row with a JSON object of all of them.',
  merged: 'Tables of one name in several databases become one, with a column that names the database.',
  partitioned: 'One table, stored in parts by month; a new month needs a part of its own.',
  distributed: 'Citus keeps the table on its nodes: spread by a column, or a copy on each.',
  'left out': 'The table is not moved; the report says so.',
  exact: 'The value reads back as it was stored.',
  normalized: 'Another spelling of the same value, such as BUY and buy, or a time in another form.',
  rounded: 'Digits beyond the scale of the column are lost; the largest error is counted.',
  archive:
    'gpt_migrate.archive in the target: values that the new tables have no place for, kept permanently.',
  quarantine:
    'gpt_migrate.quarantine in the target: rows that do not fit, with the reason; nothing is dropped.',
  orphan: 'A reference to a row that does not exist; its original is kept beside it.',
  following: 'The target is kept current with what the application continues to write into the sources.',
  round:
    'What was written to the sources since the one before: read at one moment, applied in one transaction.',
  lag: 'How far the target is behind the sources, as a time.',
  fence: 'The sources are locked against writing during the cut-over; reading continues.',
  'cut-over': 'The application is started on PostgreSQL, after a last round with its writers kept out.',
  'not validated': 'A constraint that holds for new rows, though old ones break it.',
} as const

export type Word = keyof typeof glossary

export const words = Object.keys(glossary) as readonly Word[]
