namespace OrleansTagCache.Fuzz.Engine;

/// <summary>Runs a target on some threads until its time or its executions are used up, or it is found wrong.</summary>
/// <remarks>The threads share the numbers of executions; what else they share are fields that are written whole.</remarks>
internal sealed class Runner(ulong seed, IFuzzTarget target, int threads, TimeProvider time)
{
    /// <summary>Beyond it, an execution hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly long[] _current = new long[threads];
    private readonly long[] _begun = new long[threads];
    private Finding? _finding;
    private long _executions;

    public long Executions => Volatile.Read(ref _executions);

    /// <summary>The finding of the smallest number among those that the threads came upon, or null.</summary>
    public Finding? Run(TimeSpan duration, long most = long.MaxValue)
    {
        var from = time.GetTimestamp();
        Array.Fill(_begun, from);
        using var working = new CountdownEvent(threads);
        for (var i = 0; i < threads; i++)
        {
            var thread = i;
            new Thread(() => Work(thread, from, duration, most, working)) { IsBackground = true, Name = $"{target.Name} {thread}" }.Start();
        }

        while (!working.Wait(TimeSpan.FromSeconds(1)))
        {
            for (var i = 0; i < threads; i++)
            {
                // A thread that has ended waits for nothing.
                if (Volatile.Read(ref _begun[i]) is var begun and not long.MaxValue && time.GetElapsedTime(begun) > Patience)
                {
                    var index = Volatile.Read(ref _current[i]);
                    return new(index, Mutator.Make(seed, target, index), new TimeoutException($"It has not ended in {Patience.TotalSeconds} s."));
                }
            }
        }

        return _finding;
    }

    private void Work(int thread, long from, TimeSpan duration, long most, CountdownEvent working)
    {
        for (long index = thread; index < most && Volatile.Read(ref _finding) is null; index += threads)
        {
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(from, now) >= duration)
            {
                break;
            }

            Volatile.Write(ref _current[thread], index);
            Volatile.Write(ref _begun[thread], now);
            var input = Mutator.Make(seed, target, index);
            if (Trial.Fault(target, input) is { } fault)
            {
                Keep(new(index, input, fault));
            }

            Interlocked.Increment(ref _executions);
        }

        Volatile.Write(ref _begun[thread], long.MaxValue);
        working.Signal();
    }

    private void Keep(Finding finding)
    {
        lock (_lock)
        {
            if (_finding is null || finding.Index < _finding.Index)
            {
                _finding = finding;
            }
        }
    }
}
