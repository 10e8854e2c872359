namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>
/// Calls at a steady pace, whatever becomes of those before them: a few each millisecond. So a pause of whoever answers is felt by all calls that were sent
/// during it, not only by the one that each caller was waiting for.
/// </summary>
internal static class PacedLoop
{
    private const int CallsPerTick = 2;
    private const int Pruned = 1_024;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <param name="until">Ends the loop when it completes; calls that are under way then are waited for.</param>
    /// <param name="sequence">What is read.</param>
    /// <param name="read">Reads one entry.</param>
    public static async Task<Latencies> Run(Task until, int[] sequence, Func<int, ValueTask<byte[]>> read)
    {
        var latencies = new Latencies();
        var calls = new List<Task>();
        using var ticks = new PeriodicTimer(Tick, TimeProvider.System);
        for (var position = 0; !until.IsCompleted; await ticks.WaitForNextTickAsync())
        {
            for (var i = 0; i < CallsPerTick; i++, position = (position + 1) % sequence.Length)
            {
                calls.Add(Call(sequence[position]));
            }

            if (calls.Count > Pruned)
            {
                calls.RemoveAll(call => call.IsCompletedSuccessfully);
            }
        }

        await Task.WhenAll(calls);
        return latencies;

        async Task Call(int entry)
        {
            var called = TimeProvider.System.GetTimestamp();
            await read(entry);
            latencies.Record(TimeProvider.System.GetTimestamp() - called);
        }
    }
}
