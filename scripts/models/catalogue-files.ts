import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CatalogueData } from '../../layers/runtime/src/models/model-row.ts'
import { deriveResolution } from './derive-resolution.ts'
import { formatJson } from './format-json.ts'

/** Directory of the stack's catalogue. */
export const CATALOGUE_DIRECTORY = join(import.meta.dirname, '../../layers/runtime/src/models')

export async function readCatalogue(directory: string): Promise<CatalogueData> {
  return JSON.parse(await readFile(join(directory, 'models.json'), 'utf8'))
}

/** Writes the catalogue and the table derived from it. Each file is written completely or not at all. */
export async function writeCatalogue(directory: string, catalogue: CatalogueData): Promise<void> {
  await replaceFile(join(directory, 'models.json'), formatJson(catalogue))
  await replaceFile(join(directory, 'resolution.json'), formatJson(deriveResolution(catalogue)))
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}
