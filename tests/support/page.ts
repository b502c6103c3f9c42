import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const AXE = readFileSync(join(import.meta.dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8')

export const promptBox = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true })

export const lastAnswer = (page: Page) => page.getByRole('article', { name: 'Answer' }).last()

/** Sends a prompt and waits for the end of its answer. */
export async function ask(page: Page, prompt: string): Promise<void> {
  await promptBox(page).fill(prompt)
  await page.keyboard.press('Enter')
  await page
    .getByText(/^The answer (is complete|ended with)/)
    .first()
    .waitFor()
}

/** Finds violations of accessibility rules, in both colour schemes. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const results = await page.evaluate<AxeResults>('axe.run()')
    for (const { id, nodes } of results.violations) {
      found.push(`${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    }
  }
  return found
}

/** A batch of one record. */
export const RECORDS_FILE = {
  name: 'records.jsonl',
  mimeType: 'application/jsonl',
  buffer: Buffer.from(JSON.stringify({ modelInput: { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] } })),
}
