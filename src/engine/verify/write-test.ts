import type { Plan } from '../model/plan.ts'
import type { VerifyCheck } from '../model/report.ts'
import type { Connection } from '../target/connection.ts'
export async function testWrites(_connection: Connection, _plan: Plan): Promise<VerifyCheck[]> {
  return []
}
