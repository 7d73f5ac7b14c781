/** The recorded frames that the documents show as pictures, with their titles. */
import { drawFrame, type Scheme } from './frame-picture.ts'

const shown: readonly { readonly frame: string; readonly name: string; readonly title: string }[] = [
  {
    frame: '03-preview.ansi',
    name: 'preview',
    title:
      'gpt-migrate, third of five steps: the plan, with what becomes of every table, before anything is written',
  },
  {
    frame: '10-migration.ansi',
    name: 'migration',
    title: 'gpt-migrate, fourth of five steps: the copy, with a bar for each running table and one estimate',
  },
  {
    frame: '11-summary.ansi',
    name: 'summary',
    title: 'gpt-migrate, last of five steps: every row moved and every value compared, table by table',
  },
]

type Picture = { readonly file: string; readonly svg: string }

/** All pictures, each in both schemes; `readFrame` returns the text of a file in docs/frames. */
export function picturesOf(readFrame: (file: string) => string): readonly Picture[] {
  const schemes: readonly Scheme[] = ['light', 'dark']
  return shown.flatMap(({ frame, name, title }) =>
    schemes.map((scheme) => ({
      file: `${name}-${scheme}.svg`,
      svg: drawFrame(readFrame(frame), title, scheme),
    })),
  )
}
