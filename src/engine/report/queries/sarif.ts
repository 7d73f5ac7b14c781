/** The report on the application's SQL as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code review. Pure. */
import { version } from '../../events/version.ts'
import type { JudgedStatement, QueriesReport, QueryVerdict } from '../../model/queries.ts'

const levels: Readonly<Partial<Record<QueryVerdict, 'error' | 'warning' | 'note'>>> = {
  differs: 'error',
  fails: 'error',
  slower: 'warning',
  rewritten: 'warning',
  'not-judged': 'note',
}

export function queriesSarif({ statements }: QueriesReport): string {
  const reported = statements.filter(({ verdict }) => levels[verdict] !== undefined)
  const rules = [...new Set(reported.map(ruleOf))].toSorted()
  const sarif = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'gpt-migrate',
            version,
            informationUri: 'https://www.npmjs.com/package/gpt-migrate',
            rules: rules.map((id) => ({ id, shortDescription: { text: id.replaceAll('-', ' ') } })),
          },
        },
        results: reported.flatMap((statement) => resultsOf(statement, rules)),
      },
    ],
  }
  return `${JSON.stringify(sarif, null, 2)}\n`
}

function ruleOf({ verdict, reasons }: JudgedStatement): string {
  return reasons[0] ?? verdict
}

function resultsOf(statement: JudgedStatement, rules: readonly string[]): object[] {
  const { id, verdict, detail, rewrite, origins, isKnown } = statement
  const rule = ruleOf(statement)
  const text = [detail === '' ? rule : detail, ...(rewrite === null ? [] : [`Instead: ${rewrite}`])].join(
    '\n',
  )
  return origins.map(({ file, line }) => ({
    ruleId: rule,
    ruleIndex: rules.indexOf(rule),
    level: levels[verdict],
    message: { text },
    baselineState: isKnown ? 'unchanged' : 'new',
    partialFingerprints: { 'statement/v1': id },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(file.replaceAll('\\', '/')) },
          region: { startLine: line },
        },
      },
    ],
  }))
}
