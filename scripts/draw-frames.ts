/** Draws docs/pictures/ from the frames that `npm run frames` recorded: `npm run pictures`. A test compares the files. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { picturesOf } from './pictures.ts'

const docs = new URL('../docs/', import.meta.url)
mkdirSync(new URL('pictures/', docs), { recursive: true })
for (const { file, svg } of picturesOf((frame) => readFileSync(new URL(`frames/${frame}`, docs), 'utf8')))
  writeFileSync(new URL(`pictures/${file}`, docs), svg)
