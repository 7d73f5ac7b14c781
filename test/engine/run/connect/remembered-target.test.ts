/** The remembered target: never a password, and only from a file that is ours. */
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recallTarget, rememberTarget } from '../../../../src/engine/run/connect/remembered-target.ts'
import { temporaryFolder } from '../../../support/folders.ts'
import { passedTest } from '../../../support/wizard-samples.ts'

const { address } = passedTest()

function workFolder(): string {
  const folder = join(temporaryFolder(), 'work')
  mkdirSync(folder, { mode: 0o700 })
  return folder
}

describe('a remembered target', () => {
  it('has no password, keeps TLS, and only its owner can read it', () => {
    const folder = workFolder()
    rememberTarget({
      workFolder: folder,
      address: { ...address, tls: { ...address.tls, mode: 'require' } },
      embedded: null,
    })
    const file = join(folder, 'target.json')
    expect(readFileSync(file, 'utf8')).not.toContain('topsecret')
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(recallTarget({ workFolder: folder })).toBe(
      'postgresql://ada@db.example:5432/target?sslmode=require',
    )
  })

  it('is an embedded server’s folder', () => {
    const folder = workFolder()
    rememberTarget({ workFolder: folder, address, embedded: '/srv/pg' })
    expect(recallTarget({ workFolder: folder })).toBe('embedded:/srv/pg')
  })

  it('planted-file: is not read from a link, from what others can write, or from what is no address', () => {
    const planted = JSON.stringify({ version: 1, target: 'postgres://evil.example/x' })
    const file = (folder: string): string => join(folder, 'target.json')

    const linked = workFolder()
    const elsewhere = join(temporaryFolder(), 'target.json')
    writeFileSync(elsewhere, planted)
    symlinkSync(elsewhere, file(linked))
    expect(recallTarget({ workFolder: linked })).toBeNull()

    const writable = workFolder()
    writeFileSync(file(writable), planted)
    chmodSync(file(writable), 0o666)
    expect(recallTarget({ workFolder: writable })).toBeNull()

    const open = workFolder()
    writeFileSync(file(open), planted, { mode: 0o600 })
    expect(recallTarget({ workFolder: open })).toBe('postgres://evil.example/x')
    chmodSync(open, 0o777)
    expect(recallTarget({ workFolder: open })).toBeNull()

    for (const text of [
      '',
      '{',
      '[]',
      '{"target":7}',
      '{"target":"postgres://h/\\u001b[2J"}',
      '{"target":"/etc"}',
    ]) {
      const odd = workFolder()
      writeFileSync(file(odd), text, { mode: 0o600 })
      expect(recallTarget({ workFolder: odd }), text).toBeNull()
    }
    expect(recallTarget({ workFolder: '/nowhere' })).toBeNull()
  })
})
