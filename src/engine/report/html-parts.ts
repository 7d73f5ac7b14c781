/** The building blocks of the HTML report. Pure. */
import { type Content, type Html, html } from './html-text.ts'

export function section(title: string, aside: string | null, content: Content): Html {
  return html`<section><h2>${title}${aside === null ? null : html`<small>${aside}</small>`}</h2>
${content}</section>`
}

export function pairs(entries: readonly (readonly [string, Content])[]): Html {
  return html`<dl class="pairs">${entries.map(([term, content]) => html`<dt>${term}</dt><dd>${content}</dd>`)}</dl>`
}

/** A small bar that shows `part` of `whole`. */
export function bar(part: number, whole: number): Html {
  const percent = whole > 0 ? Math.min(100, Math.max(part > 0 ? 1 : 0, (100 * part) / whole)) : 0
  return html`<span class="bar"><i style="width:${percent.toFixed(1)}%"></i></span>`
}
