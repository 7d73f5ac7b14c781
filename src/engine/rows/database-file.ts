/** The path of a database in the old layout. Invariant: a name from the journal never leads out of the folder. */

import { resolve } from 'node:path'
import { MigrateError } from '../model/errors.ts'
import { isWithin } from '../own-files/within.ts'
import { databaseName } from '../source/base/database-names.ts'

/** Returns the path of the database's file in the folder; a name may have folders of its own. Throws `database-name`. */
export function databaseFileIn(folder: string, database: string): string {
  const file = resolve(folder, databaseName(database))
  if (file === resolve(folder) || !isWithin(resolve(folder), file)) {
    throw new MigrateError(
      'target',
      'database-name',
      `The journal names a database "${database}", which is no file name.`,
    )
  }
  return file
}
