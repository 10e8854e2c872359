namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>Threads that read from memory as fast as they can. Nothing is timed within: the clock would cost as much as a hit.</summary>
internal static class HitLoop
{
    private const int Batch = 10_000;

    /// <param name="threads">How many threads read at a time, each from another place of the sequence.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="sequence">What is read.</param>
    /// <param name="read">Reads one entry.</param>
    public static HitRate Run<T>(int threads, TimeSpan duration, int[] sequence, Func<int, ValueTask<T>> read)
    {
        var time = TimeProvider.System;
        var parts = new HitRate[threads];
        using var start = new Barrier(threads);
        Thread[] running = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            start.SignalAndWait();
            parts[thread] = Read(thread * (sequence.Length / threads));
        }))];
        Array.ForEach(running, thread => thread.Start());
        Array.ForEach(running, thread => thread.Join());
        return new(parts.Sum(part => part.PerSecond), parts.Average(part => part.AllocatedBytes), parts.Sum(part => part.NotFromMemory));

        HitRate Read(int position)
        {
            var (reads, slow) = (0L, 0L);
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var begun = time.GetTimestamp();
            TimeSpan elapsed;
            do
            {
                for (var i = 0; i < Batch; i++)
                {
                    position = position + 1 == sequence.Length ? 0 : position + 1;
                    var value = read(sequence[position]);
                    if (value.IsCompletedSuccessfully)
                    {
                        value.GetAwaiter().GetResult();
                    }
                    else
                    {
                        slow++;
                        value.AsTask().GetAwaiter().GetResult();
                    }
                }

                reads += Batch;
                elapsed = time.GetElapsedTime(begun);
            }
            while (elapsed < duration);
            return new(reads / elapsed.TotalSeconds, (GC.GetAllocatedBytesForCurrentThread() - allocated) / (double)reads, slow);
        }
    }
}

/// <summary>What threads got out of memory.</summary>
/// <param name="PerSecond">Reads a second of all threads together.</param>
/// <param name="AllocatedBytes">What a read allocated, on average.</param>
/// <param name="NotFromMemory">Reads that had to wait, so did not come from memory.</param>
internal sealed record HitRate(double PerSecond, double AllocatedBytes, long NotFromMemory);
