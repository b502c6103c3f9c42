import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'

const ROOT = resolve(import.meta.dirname, '..')

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

/**
 * Writes the declarations of an emulator's public code for users of TypeScript: into `dist/types`, with the folders of
 * the repository. Throws if they need a package, because users have none of ours.
 */
export async function writeDeclarations(folder: string): Promise<void> {
  const types = join(ROOT, folder, 'dist', 'types')
  await mkdir(dirname(types), { recursive: true })
  const all = await mkdtemp(`${types}-`)
  try {
    await emit(join(ROOT, folder, 'index.ts'), all)
    await rm(types, { recursive: true, force: true })
    for (const file of await listUsed(join(all, folder, 'index.d.ts'))) {
      const target = join(types, relative(all, file))
      await mkdir(dirname(target), { recursive: true })
      await copyFile(file, target)
    }
    // The bundle is CommonJS.
    await writeFile(join(types, 'package.json'), '{"type":"commonjs"}\n')
  } finally {
    await rm(all, { recursive: true, force: true })
  }
}

/** Emits the declarations of every file that the entry imports. */
async function emit(entry: string, outDir: string): Promise<void> {
  const configuration = join(outDir, 'tsconfig.json')
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ROOT,
    outDir,
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules/@types')],
  }
  const extended = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: [], files: [entry] }
  await writeFile(configuration, JSON.stringify(extended))
  await promisify(execFile)(process.execPath, [TSC, '--project', configuration])
}

/** Lists a declaration file and those that it uses, directly or not. */
async function listUsed(entry: string): Promise<Set<string>> {
  const used = new Set<string>()
  const add = async (file: string): Promise<void> => {
    if (used.has(file)) return
    used.add(file)
    for (const [, specifier = ''] of (await readFile(file, 'utf8')).matchAll(/(?:from |import\()["']([^"']+)["']/g)) {
      if (specifier.startsWith('.')) await add(join(dirname(file), specifier.replace(/\.ts$/, '.d.ts')))
      else if (!specifier.startsWith('node:')) throw new Error(`${file} needs ${specifier}, which users do not have`)
    }
  }
  await add(entry)
  return used
}
