namespace OrleansTagCache.Fuzz;

/// <summary>How a run over one target ended.</summary>
internal sealed record FuzzOutcome(long Runs, string? Finding, byte[]? Input);

/// <summary>Runs one target over and over on two threads, until its time is over or something does not hold.</summary>
internal sealed class FuzzRun(IFuzzTarget target, int seed)
{
    private const int Threads = 2;
    private const int Slice = 256;

    private readonly Lock _gate = new();
    private long _next;
    private FuzzOutcome? _finding;

    public FuzzOutcome For(TimeSpan duration)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() => Loop(() => TimeProvider.System.GetElapsedTime(begun) >= duration))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return _finding ?? new(_next, null, null);
    }

    private void Loop(Func<bool> isOver)
    {
        var mutator = new Mutator(target.Seeds);
        while (!isOver() && _finding is null)
        {
            var first = Interlocked.Add(ref _next, Slice) - Slice;
            for (var run = first; run < first + Slice && _finding is null; run++)
            {
                Once(mutator.Make(new Random(HashCode(run))), run);
            }
        }
    }

    private int HashCode(long run) => unchecked((int)((((ulong)seed << 32) ^ (ulong)run) * 0x9E3779B97F4A7C15UL >> 32));

    private void Once(byte[] input, long run)
    {
        try
        {
            target.Run(input);
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _finding ??= new(run, exception is Finding ? exception.Message : exception.ToString(), input);
            }
        }
    }
}
