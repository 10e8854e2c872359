// The scenarios, in one process and on one world, one after the other: those that break silos come last.
import './scenarios/set-up.mjs'
import './scenarios/sharing.mjs'
import './scenarios/tags.mjs'
import './scenarios/time.mjs'
import './scenarios/races.mjs'
import './scenarios/pages.mjs'
import './scenarios/calls.mjs'
import './scenarios/faults.mjs'
