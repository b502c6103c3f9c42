import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawCostChart } from './cost/cost-chart.ts'
import { USUAL_CALL, withStackCost } from './cost/cost-table.ts'
import { withDoorTables } from './door-tables.ts'
import { withDrawing } from './draw-state-machine.ts'
import { withInertTable } from './inert-table.ts'
import { CATALOGUE_DIRECTORY, readCatalogue } from './models/catalogue-files.ts'
import { OPENAPI_JSON, toOpenApiJson } from './openapi-json.ts'
import { withDirectPrices } from './price-direct-calls.ts'
import { withServedTable } from './served-table.ts'

/**
 * `npm run docs`: writes the parts of docs/ that are generated from code, and the prices in the state machine. A test fails
 * while they are out of date.
 */
const ROOT = join(import.meta.dirname, '..')

function rewrite(page: string, change: (text: string) => string): void {
  const path = join(ROOT, 'docs', page)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

const machinePath = join(ROOT, 'statemachines', 'inference.asl.json')
const machine = withDirectPrices(readFileSync(machinePath, 'utf8'), await readCatalogue(CATALOGUE_DIRECTORY))
writeFileSync(machinePath, machine)
writeFileSync(OPENAPI_JSON, toOpenApiJson(readFileSync(join(ROOT, 'openapi.yaml'), 'utf8')))
rewrite('local.md', withInertTable)
rewrite('emulator.md', withServedTable)
rewrite('front-doors.md', withDoorTables)
rewrite('workflow.md', (text) => withDrawing(text, JSON.parse(machine)))
const batchMachine = readFileSync(join(ROOT, 'statemachines', 'batch.asl.json'), 'utf8')
rewrite('batch.md', (text) => withDrawing(text, JSON.parse(batchMachine)))
rewrite('cost.md', withStackCost)
writeFileSync(join(ROOT, 'docs', 'cost.svg'), drawCostChart(USUAL_CALL.memoryMb))
