/** Errors of the file system in words. Pure. */

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'part of its path is a file and not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'there is something of that name already',
  ENOTEMPTY: 'the folder is not empty',
  EACCES: 'permission is denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than is allowed',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its symbolic links lead in a circle',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on the machine',
  EBUSY: 'it is in use',
  EIO: 'the disk or file system reports an error',
}

/** Returns why a file could not be read or written, as the end of a sentence; the error's own message for unknown codes. */
export function fileReason(error: unknown): string {
  const code = codeOf(error)
  if (code !== null && Object.hasOwn(reasons, code)) return reasons[code]!
  return error instanceof Error ? error.message : String(error)
}

/** Returns the path of a file system error; null for any other error. */
export function pathOfFileError(error: unknown): string | null {
  if (!(error instanceof Error) || codeOf(error) === null) return null
  return 'path' in error && typeof error.path === 'string' ? error.path : null
}

function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? code : null
}
