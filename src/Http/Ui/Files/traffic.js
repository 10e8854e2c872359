// What the cluster has done of late, a point a second, from the counters that the silos send.

import { follow } from './stream.js';

/** A quarter of an hour. */
const mostPoints = 900;

/** How many seconds a quantile is taken over: in one second there may be one update. */
const quantileSeconds = 10;

/** How many silos that have gone are remembered. */
const mostGone = 8;

const states = { connecting: 'Connecting', live: 'Live', paused: 'Paused', broken: 'Reconnecting', none: 'Not live' };

class Traffic extends EventTarget {
  points = [];
  last = null;
  fault = null;

  /** Silos that were there since the page was opened and are not any more, with the moment when they were seen last. */
  gone = new Map();
  onState = () => {};
  #end = null;

  start() {
    this.#end ??= follow('v1/traffic', 'traffic', event => this.add(event), (state, error) => {
      this.fault = state === 'none' ? error : null;
      this.onState(state, states[state]);
      if (state === 'none') {
        this.dispatchEvent(new Event('change'));
      }
    });
  }

  stop() {
    this.#end?.();
    this.#end = null;
    this.points = [];
    this.last = null;
    this.fault = null;
    this.gone.clear();
  }

  /** Takes an event; the difference to the last one is a point. */
  add(event) {
    const [before, at] = [this.last, Date.parse(event.at) / 1000];
    this.last = event;
    this.#note(before, event);
    if (before !== null) {
      const elapsed = at - Date.parse(before.at) / 1000;
      if (elapsed > 10 || elapsed <= 0) {
        this.points.push({ at: at - Math.max(elapsed, 0) / 2, gap: true });
      }
      if (elapsed > 0) {
        this.points.push(pointOf(before, event, at, elapsed));
      }
      this.points.splice(0, Math.max(0, this.points.length - mostPoints));
      for (const point of this.points.slice(-1)) {
        const buckets = sumOfBuckets(this.points.filter(other => !other.gap && other.at > point.at - quantileSeconds).map(other => other.buckets));
        point.p50 = quantile(buckets, 0.5);
        point.p99 = quantile(buckets, 0.99);
      }
    }
    this.dispatchEvent(new Event('change'));
  }

  #note(before, event) {
    const silosOf = ({ members, unreachable }) => new Set([...members.map(member => member.silo), ...unreachable]);
    const now = silosOf(event);
    for (const silo of before === null ? [] : silosOf(before)) {
      if (!now.has(silo)) {
        this.gone.set(silo, Date.parse(before.at));
      }
    }
    for (const silo of now) {
      this.gone.delete(silo);
    }
    this.gone = new Map([...this.gone].slice(-mostGone));
  }
}

/** What happened between two events. Counters of a silo that came in between, or began anew, are not known from the start: it counts from its next event on. */
export function pointOf(before, event, at, elapsed) {
  const earlier = new Map(before.members.map(member => [member.silo, member]));
  const pairs = event.members.filter(member => earlier.has(member.silo)).map(member => [earlier.get(member.silo), member]);
  const sum = name => pairs.reduce((total, [was, is]) => total + Math.max(0, (is[name] ?? 0) - (was[name] ?? 0)), 0);
  const [hits, near, stale, misses, updates, seconds] = ['hits', 'near', 'stale', 'misses', 'updates', 'updateSeconds'].map(sum);
  const reads = hits + near + stale + misses;
  return {
    at,
    gap: false,
    reads: reads / elapsed,
    hits: hits / elapsed,
    near: near / elapsed,
    stale: stale / elapsed,
    misses: misses / elapsed,
    hitRatio: reads > 0 ? (reads - misses) / reads : null,
    staleRatio: reads > 0 ? stale / reads : null,
    updates: updates / elapsed,
    mean: updates > 0 ? seconds / updates : null,
    buckets: sumOfBuckets(pairs.map(([was, is]) => differences(was.updateBuckets ?? [], is.updateBuckets ?? []))),
    p50: null,
    p99: null,
  };
}

/** How many fell into each bucket between two looks at it. The counts of the API are of all that took no longer than the end of the bucket. */
export function differences(was, is) {
  const earlier = new Map(was.map(bucket => [bucket.le, bucket.count]));
  let below = 0;
  return is.map(bucket => {
    const upTo = Math.max(0, bucket.count - (earlier.get(bucket.le) ?? 0));
    const count = Math.max(0, upTo - below);
    below = upTo;
    return { le: bucket.le, count };
  });
}

function sumOfBuckets(all) {
  const sums = new Map();
  for (const bucket of all.flat()) {
    sums.set(bucket.le, (sums.get(bucket.le) ?? 0) + bucket.count);
  }
  return [...sums].map(([le, count]) => ({ le, count })).sort((one, other) => (one.le ?? Infinity) - (other.le ?? Infinity));
}

/** The length of time that a share of the updates did not take longer than, in seconds; null where there were none. Within a bucket it is taken to be spread evenly; beyond the last end it is that end. */
export function quantile(buckets, share) {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (total === 0) {
    return null;
  }
  const wanted = total * share;
  let [below, from] = [0, 0];
  for (const { le, count } of buckets) {
    if (count > 0 && below + count >= wanted) {
      return le === null ? from : from + (le - from) * ((wanted - below) / count);
    }
    below += count;
    from = le ?? from;
  }
  return from;
}

export const traffic = new Traffic();
