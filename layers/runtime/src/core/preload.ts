/**
 * Nothing. The built layer has a file of this name for each function, with all that the function loads at its cold start
 * (scripts/pack-modules.ts).
 */
export {}
