/** The style sheet of the HTML report: light or dark as the reader prefers, and black on white in print. */
export const reportStyle = `
:root { color-scheme: light dark; --page: #fff; --text: #1b1f24; --faint: #59636e; --line: #d9dee3; --panel: #f6f8fa;
  --bar: #4a7fb5; --good: #1a7f37; --warn: #8a5a00; --bad: #c11f2a; }
@media (prefers-color-scheme: dark) { :root { --page: #101418; --text: #e4e8ec; --faint: #97a1ab; --line: #2c333a;
  --panel: #181d23; --bar: #5c93c9; --good: #4cc26a; --warn: #dba642; --bad: #ff7b72; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { font-size: 1.55rem; line-height: 1.3; margin: 0; }
h2 { font-size: 1.1rem; margin: 2.4rem 0 .6rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h2 small { font-weight: normal; color: var(--faint); margin-left: .5rem; }
p { margin: .4rem 0; max-width: 52rem; }
.figures dd, thead th { line-height: 1.3; }
.faint, th small { color: var(--faint); }
code, .code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; overflow-wrap: anywhere; }
.verdict { border: 1px solid var(--line); border-left: 6px solid var(--tone); border-radius: 6px; background: var(--panel);
  padding: 1.1rem 1.3rem; }
.verdict .word { color: var(--tone); font-weight: 600; margin: 0 0 .15rem; }
.good { --tone: var(--good); } .warn { --tone: var(--warn); } .bad { --tone: var(--bad); } .plain { --tone: var(--faint); }
.tone { color: var(--tone); white-space: nowrap; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1rem 0 0; }
.figures div { border: 1px solid var(--line); border-radius: 6px; padding: .55rem .8rem; }
.figures dt { color: var(--faint); font-size: .85em; }
.figures dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: baseline; padding: .32rem 1rem .32rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--faint); font-weight: 500; font-size: .87em; vertical-align: bottom; }
thead .number { white-space: normal; }
tfoot tr { break-before: avoid; }
tfoot td { font-weight: 600; border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.name { overflow-wrap: break-word; max-width: 22rem; }
.bar { display: block; height: 4px; margin-top: 3px; min-width: 5rem; background: var(--line); border-radius: 2px; }
.bar i { display: block; height: 100%; border-radius: 2px; background: var(--bar); }
ul.list { list-style: none; margin: 0; padding: 0; }
ul.list > li { padding: .5rem 0; border-bottom: 1px solid var(--line); break-inside: avoid; }
dl.pairs { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: 0; }
dl.pairs dt { color: var(--faint); } dl.pairs dd { margin: 0; overflow-wrap: anywhere; }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
details .wide { margin: .4rem 0 .8rem 1rem; font-size: .93em; }
footer { margin-top: 3rem; color: var(--faint); font-size: .87em; }
@media print {
  :root { color-scheme: light; --page: #fff; --text: #000; --faint: #444; --line: #ccc; --panel: #fff; --bar: #555;
    --good: #14602a; --warn: #6b4600; --bad: #a01720; }
  @page { size: auto; margin: 14mm; }
  body { padding: 0; max-width: none; font-size: 9pt; }
  h2 { break-after: avoid; } tr, .verdict, .figures { break-inside: avoid; } thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  .wide { overflow: visible; } th, td { padding-right: .6rem; }
  .bar, .bar i, .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .bar { min-width: 2.5rem; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  summary { list-style: none; font-weight: 600; break-after: avoid; }
}
`
