/** Writes a mapping as a file for the user to change. Invariant: reading it again yields the same mapping, except for its name. */
import type { Mapping } from '../model/mapping.ts'
import { loadYaml } from './packages.ts'

export function writeMapping(mapping: Mapping): string {
  const heading = [
    ` The mapping ${mapping.name}: ${mapping.description}.`,
    ' Use it, or a changed copy, with --mapping FILE. docs/mapping-files.md says what it may hold.',
  ].join('\n')
  return writeYaml(mapping, heading)
}

/** Writes each short collection on one line, so that the columns of a table read like a table. */
export function writeYaml(value: unknown, heading: string): string {
  const { Document, visit } = loadYaml()
  const document = new Document(value, { aliasDuplicateObjects: false })
  document.commentBefore = heading
  visit(document, {
    Collection(key, node) {
      if (key === null) return
      if (JSON.stringify(node).length >= 130) return undefined
      node.flow = true
      return visit.SKIP
    },
  })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}
