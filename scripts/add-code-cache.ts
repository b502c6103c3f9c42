import { execFile } from 'node:child_process'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Variables that code of the layer reads when it is loaded. */
const ENVIRONMENT = { AWS_REGION: 'us-east-1', POWERTOOLS_METRICS_NAMESPACE: 'code-cache' }

/**
 * Adds V8's code cache to packs of a layer, so that a cold start compiles nothing of them. V8 uses a cache only in the same
 * build of Node for the same processor, so the name of the cache has the version, and any other Node loads the pack as it is.
 *
 * @param names names of the packs in the directory: `preload-invoke.cjs`
 */
export async function addCodeCache(directory: string, names: readonly string[]): Promise<void> {
  const packs = names.map((name) => `packed-${name}`)
  await Promise.all(
    names.map(async (name) => {
      await rename(join(directory, name), join(directory, `packed-${name}`))
      await writeFile(join(directory, name), LOADER.replace('PACK', `packed-${name}`))
    }),
  )
  const script = join(import.meta.dirname, 'make-code-cache.cjs')
  await promisify(execFile)(process.execPath, [script, ...packs.map((pack) => join(directory, pack))], {
    env: ENVIRONMENT,
  })
}

/** Code that loads a pack. A debugger and source maps need the file that Node loads itself. */
const LOADER = `"use strict";
const pack=require("node:path").join(__dirname,"PACK");
let cachedData;
if(!process.sourceMapsEnabled&&!process.execArgv.some(option=>option.startsWith("--inspect")))
try{cachedData=require("node:fs").readFileSync(pack+"."+process.version+"-"+process.arch+".cache")}catch{}
if(cachedData){
const code=require("node:module").wrap(require("node:fs").readFileSync(pack,"utf8"));
const script=new(require("node:vm").Script)(code,{filename:pack,cachedData});
script.runInThisContext()(exports,require,module,pack,__dirname);
}else module.exports=require(pack);
`
