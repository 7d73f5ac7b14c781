/** The guard process, called with `PID DATAFOLDER`. Stops the server when its standard input ends without the dismissal. */
import { stopServer } from './postmaster.ts'
import { DISMISSED } from './server-guard.ts'

const [pid, dataFolder] = process.argv.slice(2)
let said = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (text) => {
  said += text
})
process.stdin.on('end', () => {
  if (said !== DISMISSED) void stopServer(Number(pid), dataFolder!)
})
