// The scenarios of an application without cacheComponents, as `conformance.mjs` has those of one with them: those that break silos come last.
import './isr/set-up.mjs'
import './isr/scenarios/updates.mjs'
import './isr/scenarios/time.mjs'
import './isr/scenarios/races.mjs'
import './isr/scenarios/differences.mjs'
import './isr/scenarios/faults.mjs'
