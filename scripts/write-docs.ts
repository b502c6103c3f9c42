import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withInertTable } from './inert-table.ts'

/** `npm run docs`: the parts of docs/ that are made from code. A test fails while they are behind. */
const path = join(import.meta.dirname, '..', 'docs', 'local.md')
writeFileSync(path, withInertTable(readFileSync(path, 'utf8')))
