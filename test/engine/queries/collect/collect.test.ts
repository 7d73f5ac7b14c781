import { describe, expect, it } from 'vitest'
import { collectFile } from '../../../../src/engine/queries/collect/collect-file.ts'

const texts = (file: string, code: string): string[] =>
  collectFile(file, code).map(({ pieces }) =>
    pieces.map((piece) => (piece.kind === 'text' ? piece.text : `{${piece.written}}`)).join(''),
  )

describe('string literals of programs', () => {
  it('Python: prefixes, triple quotes, side by side, formats, f-strings, comments', () => {
    const code = `
# "no literal"
a = "SELECT 1" 'x'
b = r"raw\\n" + name + "!"
c = """two
lines"""
d = f"SELECT {cols} FROM {table!r} WHERE {{a}}"
e = "INSERT INTO %s VALUES (%d)" % (t, 1)
f = "a {} b {x}".format(1, x=2)
h = "SELECT 1 WHERE " + " AND ".join(parts)
g = ("one " # why
     "two")
`
    expect(texts('a.py', code)).toEqual([
      'SELECT 1x',
      'raw\\n{name}!',
      'two\nlines',
      'SELECT {cols} FROM {table!r} WHERE {a}',
      'INSERT INTO {%s} VALUES ({%d})',
      'a {{}} b {x}',
      'SELECT 1 WHERE {….join(parts)}',
      'one two',
    ])
  })

  it('JavaScript: templates, concatenation, comments, regular expressions, apostrophes in markup', () => {
    const code = `// 'no'
const a = \`SELECT \${x} FROM t\`
const b = 'one ' + "two" + y.z(1) + 'three'
const c = /'/.test(s) ? 'yes' : <p>don't</p>
const d = 'last'`
    expect(texts('a.ts', code)).toEqual(['SELECT {x} FROM t', 'one two{y.z(1)}three', 'yes', 'last'])
  })

  it('Ruby: heredocs, interpolation, percent literals', () => {
    const code = `x = <<~SQL
  SELECT 1
SQL
y = "a #{b} c"
z = %q(SELECT max(2))
if line.match(/^ +"([^"]*)',?$/) || w =~ %r{[<>'"]}
  d('SELECT 3')
end`
    expect(texts('a.rb', code).filter((text) => !/[<>]/.test(text))).toEqual([
      '  SELECT 1\n',
      'a {b} c',
      'SELECT max(2)',
      'SELECT 3',
    ])
    expect(texts('a.erb', `<p>it's</p><%= db.one("SELECT 4") -%> that's <% x %>`)).toEqual(['SELECT 4'])
  })

  it('.sql: without the commands of the shell', () => {
    expect(texts('a.sql', ".separator ': '\nSELECT 1;").map((text) => text.trim())).toEqual(['SELECT 1;'])
  })

  it('PHP: only code, heredocs, names in double quotes, the dot', () => {
    const code = `it's a page <?php
$a = "SELECT $x, {$y->z} FROM t";
$b = 'one ' . $c . ' two';
$d = <<<SQL
SELECT 3
SQL;
?> don't`
    expect(texts('a.php', code)).toEqual(['SELECT {$x}, {$y->z} FROM t', 'one {$c} two', 'SELECT 3\n'])
  })

  it('Go, Java, C#: raw texts, blocks, verbatim and interpolated ones, formats', () => {
    expect(texts('a.go', 'db.Query(`SELECT 1\nFROM t`); fmt.Sprintf("a %s", b)')).toEqual([
      'SELECT 1\nFROM t',
      'a {%s}',
    ])
    expect(texts('A.java', 'String s = """\n  SELECT 1\n  """ + x + "y";')).toEqual(['\n  SELECT 1\n  {x}y'])
    expect(texts('a.cs', 'var s = @"a ""b"" c"; var t = $"SELECT {x} FROM t";')).toEqual([
      'a "b" c',
      'SELECT {x} FROM t',
    ])
  })

  it('says the line on which a text begins, and those of a script’s statements', () => {
    const [text] = collectFile('a.py', '\n\nrun("""\nSELECT 1;\nSELECT 2""")')
    expect(text!.lineAt(0)).toBe(3)
    expect(text!.lineAt('\nSELECT 1;\nS'.length)).toBe(5)
    const [script] = collectFile('a.sql', 'select 1;\n\nselect 2;')
    expect(script!.lineAt(11)).toBe(3)
  })

  it('continues after a backslash at the end of a line', () => {
    expect(texts('a.rb', 'A = "SELECT 1 " \\\n  "FROM t"')).toEqual(['SELECT 1 FROM t'])
    expect(texts('a.py', "a = 'SELECT 1 ' \\\n  'FROM t' + \\\n  x")).toEqual(['SELECT 1 FROM t{x}'])
  })

  it('puts together what is put into a builder', () => {
    const go =
      'var b strings.Builder\nb.WriteString("SELECT id FROM t WHERE 1=1")\nb.WriteString(" AND a = ?")'
    expect(texts('a.go', go)).toEqual(['SELECT id FROM t WHERE 1=1  AND a = ?{}'])
    const java = 'var s = new StringBuilder("SELECT a "); s.append("FROM ").append(x).append(" WHERE b = 1");'
    expect(texts('A.java', java)).toEqual(['SELECT a  FROM {}  WHERE b = 1{}'])
    expect(texts('a.py', 'l.append("SELECT 1")\nl.append("SELECT 2")')).toEqual(['SELECT 1', 'SELECT 2'])
  })

  it('puts what is added to a variable after its statement', () => {
    const code = `q = "SELECT 1 WHERE 1 = 1"\nif x:\n    q += " AND a = ?"\n`
    expect(texts('a.py', code)).toContain('SELECT 1 WHERE 1 = 1  AND a = ?{}')
  })
})
