import { endChildren } from './children.mjs'

/** Tells what is done, with the seconds since the process began. */
export function log(what) {
  console.log(`# ${(performance.now() / 1000).toFixed(1)} s: ${what}`)
}

/** The environment that arguments of the form NAME=VALUE name. */
export function environmentOf(variables) {
  return Object.fromEntries(
    variables.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  )
}

/** Runs a program, and ends the process with the exit code that it gives, 0 if none, or 1 if it throws. Whatever happens, all that it has started ends. */
export async function run(main) {
  let status = 1
  try {
    status = (await main()) ?? 0
  } catch (error) {
    console.error(error)
  } finally {
    await endChildren()
  }
  process.exit(status)
}
