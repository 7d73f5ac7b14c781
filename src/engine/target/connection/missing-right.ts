/** Which right to grant. Invariant: the statement names the right and the object that the server's message names. */
import { quoteIdentifier } from '../../syntax/postgres-names.ts'

/** The server's function that judges whether a role may connect (src/backend/utils/init/postinit.c); its message names no right. */
export const CONNECTING = 'CheckMyDatabase'

export function grantToConnect(user: string, database: string): string {
  return `Grant it: grant connect on database ${quoteIdentifier(database)} to ${quoteIdentifier(user)}.`
}

/** Returns the statement that grants what the server's message says is missing (`aclcheck_error`, src/backend/catalog/aclchk.c). */
export function grantFor(message: string, user: string, database: string): string {
  const role = quoteIdentifier(user)
  const denied = /^permission denied for (\w+(?: \w+)*?) (\S.*)$/.exec(message)
  const name = denied?.[2]?.replace(/^"(.*)"$/, '$1') ?? ''
  const grant = (rights: string, on: string): string => `Grant it: grant ${rights} on ${on} to ${role}.`
  switch (denied?.[1]) {
    case 'database':
      return grant('create', `database ${quoteIdentifier(name)}`)
    case 'schema':
      return grant('usage, create', `schema ${quoteIdentifier(name)}`)
    case 'table':
    case 'relation':
      return grant('select, insert, update', quoteIdentifier(name))
    case 'sequence':
      return grant('usage, select, update', `sequence ${quoteIdentifier(name)}`)
    case 'function':
    case 'procedure':
      return grant('execute', `function ${name}`)
    case 'type':
      // The server prints the type's name as SQL already.
      return grant('usage', `type ${name}`)
    case 'language':
      return grant('usage', `language ${quoteIdentifier(name)}`)
  }
  if (/temporary tables/.test(message)) return grant('temporary', `database ${quoteIdentifier(database)}`)
  const owned = /^must be owner of (.+)$/.exec(message)
  if (owned !== null) return `Connect as the owner of ${owned[1]}, or work as it: --role NAME.`
  if (/row-level security|row security/.test(message))
    return `Work as the owner of the table (--role NAME), or let the role see all rows: alter role ${role} bypassrls.`
  if (/extension/.test(message)) return 'Let a superuser create the extension, then run again.'
  return 'Connect as a role that has the right, or work as it: --role NAME.'
}
