namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>Callers of which each makes its next call when the last has returned.</summary>
internal static class ClosedLoop
{
    /// <param name="callers">How many call at a time.</param>
    /// <param name="duration">For how long; calls that are under way then are waited for.</param>
    /// <param name="sequence">What is read; each caller begins at another place of it.</param>
    /// <param name="read">Reads one entry.</param>
    public static async Task<LoopResult> Run(int callers, TimeSpan duration, int[] sequence, Func<int, ValueTask<byte[]>> read)
    {
        var time = TimeProvider.System;
        var latencies = new Latencies();
        var begun = time.GetTimestamp();
        var calls = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var position = caller * (sequence.Length / callers);
            for (var made = 1L; ; made++)
            {
                position = (position + 1) % sequence.Length;
                var called = time.GetTimestamp();
                await read(sequence[position]);
                latencies.Record(time.GetTimestamp() - called);
                if (time.GetElapsedTime(begun) >= duration)
                {
                    return made;
                }
            }
        })));
        return new(calls.Sum(), time.GetElapsedTime(begun), latencies);
    }
}

/// <summary>What the callers of a loop got.</summary>
internal sealed record LoopResult(long Calls, TimeSpan Elapsed, Latencies Latencies)
{
    public double PerSecond => Calls / Elapsed.TotalSeconds;
}
