using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Silo.Logs;

/// <summary>Of events of one kind that repeat, as Orleans' at each attempt to reach a silo that has gone, only the first of a while are told, and how many were not.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Bursts(TimeProvider time)
{
    private const int MostTold = 5;

    private static readonly TimeSpan While = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Category, int Event), Burst> _bursts = [];

    /// <param name="kind">Kinds are kept for good: they are those of the code.</param>
    /// <param name="leftOut">How many were not told before this one.</param>
    public bool MayTell((string Category, int Event) kind, out int leftOut)
    {
        lock (_gate)
        {
            var now = time.Now();
            var burst = _bursts.GetValueOrDefault(kind);
            leftOut = 0;
            if (burst is null || now - burst.BegunAt >= While)
            {
                leftOut = burst is null ? 0 : Math.Max(0, burst.Count - MostTold);
                _bursts[kind] = burst = new(now);
            }

            burst.Count++;
            return burst.Count <= MostTold;
        }
    }

    private sealed class Burst(Moment begunAt)
    {
        public Moment BegunAt { get; } = begunAt;

        public int Count { get; set; }
    }
}
