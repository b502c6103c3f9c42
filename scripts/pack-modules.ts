/** A file of the layer after its conversion to CommonJS. */
export interface ModuleFile {
  readonly name: string
  readonly code: string
  /** Source map of the code, as JSON. */
  readonly map: string
}

/**
 * Packs CommonJS files into one file, which runs them in this order when it is loaded. It loads faster than they do: one file
 * is found, read and compiled. Node's cache of modules then has each of them under its own path, so that every later `require`
 * of one finds it, from a function or from a part that is loaded when it is used.
 *
 * The packed files, each with its imports before it, must be in the directory of the pack.
 */
export function packModules(name: string, files: readonly ModuleFile[]): ModuleFile {
  const sections: object[] = []
  let line = 0
  let code = ''
  const append = (text: string) => {
    code += `${text}\n`
    line += text.split('\n').length
  }
  append(PRELUDE)
  for (const file of files) {
    // V8 compiles a function in parentheses at once, instead of twice.
    append(`run(${JSON.stringify(file.name)},(function(exports,require,module,__filename,__dirname){`)
    sections.push({ offset: { line, column: 0 }, map: JSON.parse(file.map) })
    append(file.code.trimEnd())
    append('}));')
  }
  // Node asks for `sources`, though the sections have them.
  return { name, code, map: JSON.stringify({ version: 3, file: name, sections, sources: [] }) }
}

const PRELUDE = `"use strict";
var Module=require("node:module");
function run(name,load){
var file=__dirname+require("node:path").sep+name;
if(require.cache[file])return;
var packed=new Module(file,module);
packed.filename=file;packed.paths=module.paths;
require.cache[file]=packed;
load.call(packed.exports,packed.exports,require,packed,file,__dirname);
packed.loaded=true;
}`
