import type { Dialect } from './index.ts'
import { integerStyle } from './integer-ids.ts'
import { writeSet } from './write-set.ts'

/** ml_models.db is not there: predictions name models that nobody has. */
export const missingFile: Dialect = {
  name: 'missing-file',
  allowMissing: true,
  create: (folder) =>
    writeSet(folder, {
      ...integerStyle,
      seed: 9,
      file: (database) => (database === 'ml_models.db' ? null : database),
    }),
}
