// Loaded before Next: a process whose clock is off by SKEW_HOURS.
const off = Number(process.env.SKEW_HOURS) * 3_600_000
const { now } = Date
const timeOrigin = performance.timeOrigin
Date.now = () => now() + off
Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin + off })
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now() + off] : args, newTarget),
})
