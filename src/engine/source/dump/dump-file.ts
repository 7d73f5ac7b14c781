/**
 * Reads a file of SQL as UTF-8: packed by gzip or not, in UTF-8 or in UTF-16, which Windows shells write. Invariant: the file is only read,
 * one part at a time.
 */
import { closeSync, constants, createReadStream, openSync, readSync, statSync } from 'node:fs'
import { createGunzip, gunzipSync, constants as zlib } from 'node:zlib'
import { MigrateError } from '../../model/errors.ts'
import { errorCode } from '../base/error-code.ts'
import { looksLikeDump, packingOf, readHeader } from '../base/file-header.ts'

const CHUNK_BYTES = 1 << 20
const SAMPLE_BYTES = 1 << 16

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be'

/** Whether a file that the user named is a dump, by its name or its beginning. A database never is, whatever its name. */
export function isDump(path: string): boolean {
  if (readHeader(path).isSqlite) return false
  const sample = readSample(path)
  if (/\.(?:sql|dump)(?:\.gz)?$/i.test(path)) return packingOf(sample) === null
  return looksLikeDump(decoded(sample))
}

/** Throws a MigrateError of kind `source` for a dump of another database system. */
export function refuseForeignDump(path: string): void {
  const text = decoded(readSample(path)).toString('latin1')
  const program = foreignPrograms.find(([form]) => form.test(text))?.[1]
  if (program === undefined) return
  throw new MigrateError(
    'source',
    'dump-of-another-database',
    `${path} is a dump of ${program}, not of SQLite.`,
    {
      hint:
        program === 'PostgreSQL'
          ? 'It can be loaded as it is: psql -f, or pg_restore where it is in its own format.'
          : 'gpt-migrate moves SQLite databases; pgloader moves those of MySQL.',
    },
  )
}

const foreignPrograms: readonly (readonly [RegExp, string])[] = [
  [
    /^PGDMP|^-- PostgreSQL database (?:cluster )?dump|^SET (?:statement_timeout|client_encoding)\b/m,
    'PostgreSQL',
  ],
  [
    /^-- (?:MySQL|MariaDB|phpMyAdmin SQL) dump|^\/\*M?!\d|\bENGINE\s*=\s*(?:InnoDB|MyISAM)\b/im,
    'MySQL or MariaDB',
  ],
  [/^SET IDENTITY_INSERT\b|^\/\*{6} Object: /im, 'SQL Server'],
]

/** The first bytes of the file, unpacked. */
function readSample(path: string): Buffer {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const sample = Buffer.alloc(SAMPLE_BYTES)
    const bytes = sample.subarray(0, readSync(descriptor, sample, 0, SAMPLE_BYTES, 0))
    if (packingOf(bytes) !== 'gzip') return bytes
    // SQL packs to about a tenth; no more than the sample is unpacked.
    const unpacked = gunzipSync(bytes.subarray(0, 2048), { finishFlush: zlib.Z_SYNC_FLUSH })
    return unpacked.subarray(0, SAMPLE_BYTES)
  } catch (error) {
    if (errorCode(error).startsWith('Z_')) return Buffer.alloc(0)
    throw error
  } finally {
    closeSync(descriptor)
  }
}

function decoded(sample: Buffer): Buffer {
  const encoding = encodingOf(sample)
  return encoding === 'utf-8' ? sample : Buffer.from(new TextDecoder(encoding).decode(sample))
}

/**
 * Detected by its byte order mark (https://www.unicode.org/faq/utf_bom.html) or, without one, by the zero bytes in the first two letters.
 */
function encodingOf(bytes: Buffer): Encoding {
  const start = bytes.toString('hex', 0, 4)
  if (start.startsWith('fffe') || /^(?!00)..00(?!00)..00/.test(start)) return 'utf-16le'
  return start.startsWith('feff') || /^00(?!00)..00(?!00)../.test(start) ? 'utf-16be' : 'utf-8'
}

/** gzip packs up to a thousandfold (https://www.zlib.net/zlib_tech.html), but real data at most about a hundredfold. */
export const TIMES_PACKED = 200
export const LEAST_BYTES = 256 << 20

/**
 * Yields the whole file, one part at a time; `onBytes` is called with the bytes of the file read so far. Throws `dump-unbounded` for a
 * packed file whose contents are longer than any dump.
 */
export async function* readDump(
  path: string,
  onBytes: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const isPacked = packingOf(readHeader(path).sample) === 'gzip'
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let read = 0
  file.on('data', (chunk) => {
    read += chunk.length
    onBytes(read)
  })
  const bytes = isPacked ? file.pipe(createGunzip()) : file
  file.on('error', (error) => bytes.destroy(error))
  let decode: ((chunk: Buffer) => Buffer) | null = null
  try {
    let left = isPacked ? LEAST_BYTES + TIMES_PACKED * statSync(path).size : Number.POSITIVE_INFINITY
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      left -= chunk.length
      if (left < 0) throw unbounded(path)
      decode ??= decoderOf(encodingOf(chunk))
      yield decode(chunk)
    }
  } catch (error) {
    if (!errorCode(error).startsWith('Z_')) throw error
    throw new MigrateError(
      'source',
      'dump-incomplete',
      `${path} is cut short, or damaged: it cannot be unpacked.`,
      {
        hint: 'Copy it again from where it came.',
        cause: error,
      },
    )
  } finally {
    file.destroy()
  }
}

function unbounded(path: string): MigrateError {
  return new MigrateError(
    'source',
    'dump-unbounded',
    `${path} is more than ${TIMES_PACKED} times as long when it is unpacked: no dump of a database is.`,
    { hint: 'Find out what it is; if it is a dump, unpack it, and choose the text.' },
  )
}

function decoderOf(encoding: Encoding): (chunk: Buffer) => Buffer {
  if (encoding === 'utf-8') return (chunk) => chunk
  const decoder = new TextDecoder(encoding)
  return (chunk) => Buffer.from(decoder.decode(chunk, { stream: true }))
}
