/** The fields that name a target. */
import { bodyColumns } from '../ui/layout.ts'
import { Line } from '../ui/line.tsx'
import { useLook } from '../ui/look.ts'
import { maskPassword } from '../ui/text-edit.ts'
import { TextField } from '../ui/text-field.tsx'
import type { WizardState } from '../wizard/state/state.ts'
import { type ConnectionState, type FieldName, fieldNames } from '../wizard/steps/connection.ts'

const fieldTitles: Readonly<Record<FieldName, string>> = {
  host: 'Host',
  port: 'Port',
  database: 'Database',
  user: 'User',
  password: 'Password',
  sslmode: 'TLS',
}

const fieldPlaceholders: Readonly<Record<FieldName, string>> = {
  host: 'localhost',
  port: '5432',
  database: 'the name of the user',
  user: 'your own',
  password: 'none, or from ~/.pgpass',
  sslmode: 'prefer (disable, require, verify-full)',
}

export function Fields({
  connection,
  env,
}: {
  readonly connection: ConnectionState
  readonly env: WizardState['given']['target']['env']
}) {
  const { values, focus, origin } = connection
  const width = bodyColumns(useLook()) - 14
  const common = { labelWidth: 11, width }
  switch (connection.kind) {
    case 'url':
      return (
        <>
          <TextField
            {...common}
            label="URL"
            value={values.url}
            isFocused={focus === 'url'}
            shown={maskPassword}
            placeholder="postgres://user@host:5432/database"
          />
          <TextField
            {...common}
            label="Password"
            value={values.urlPassword}
            isFocused={focus === 'urlPassword'}
            shown="dots"
            placeholder="as in the URL, PGPASSWORD or ~/.pgpass"
          />
          <Line tone="quiet">{origin === null ? '' : `  ${' '.repeat(11)}proposed by ${origin}`}</Line>
        </>
      )
    case 'fields':
      return (
        <>
          {fieldNames.map((name) => (
            <TextField
              key={name}
              {...common}
              label={fieldTitles[name]}
              value={values[name]}
              isFocused={focus === name}
              shown={name === 'password' ? 'dots' : 'all'}
              placeholder={
                name === 'password' && env.PGPASSWORD ? 'from PGPASSWORD' : fieldPlaceholders[name]
              }
            />
          ))}
        </>
      )
    case 'embedded':
      return (
        <>
          <TextField {...common} label="Folder" value={values.folder} isFocused={focus === 'folder'} />
          <Line tone="quiet">{`  ${' '.repeat(11)}A real PostgreSQL, nothing to install.`}</Line>
        </>
      )
    default:
      return connection.kind satisfies never
  }
}
