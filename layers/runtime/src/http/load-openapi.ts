/** Loads the contract of the REST API. `npm run docs` writes it from openapi.yaml. */
export async function loadOpenApi(): Promise<unknown> {
  const { default: document } = await import('./openapi.json', { with: { type: 'json' } })
  return document
}
