using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Peers;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>
/// Entries of three tags each: one that all share, whose name is the set's, one of a hundredth of them, and one of a tenth of them or, as most applications
/// have it, of the entry's own. What differs between the entries of a set is made beforehand, as an application does that keeps its options.
/// </summary>
internal sealed class EntrySet<T>
{
    private const int Shelves = 100;
    private const int Kinds = 10;
    private const int Callers = 64;
    private const int MostPasses = 10;

    private readonly string[] _keys;
    private readonly Read<T>[] _reads;
    private long _made;

    /// <param name="name">Of the set; its keys and tags begin with it.</param>
    /// <param name="count">How many entries.</param>
    /// <param name="entries">The peer's way to read entries of these tags.</param>
    /// <param name="value">Makes a value of its own for each entry.</param>
    /// <param name="ownTags">Whether the third tag is the entry's own.</param>
    public EntrySet(string name, int count, Func<string[], Make<T>, Read<T>> entries, Func<T> value, bool ownTags = false)
    {
        Tag = name;
        _keys = [.. Enumerable.Range(0, count).Select(i => Text($"{name}:{i}"))];
        _reads =
        [
            .. Enumerable.Range(0, ownTags ? count : Shelves).Select(i => entries(
                [name, Text($"{name}:shelf:{i % Shelves}"), ownTags ? Text($"{name}:own:{i}") : Text($"{name}:kind:{i % Kinds}")],
                _ =>
                {
                    Interlocked.Increment(ref _made);
                    return ValueTask.FromResult(value());
                })),
        ];
    }

    /// <summary>The tag that all share.</summary>
    public string Tag { get; }

    public int Count => _keys.Length;

    /// <summary>How often a value was made.</summary>
    public long Made => Interlocked.Read(ref _made);

    public string Key(int entry) => _keys[entry];

    public ValueTask<T> Read(int entry) => _reads[entry % _reads.Length](_keys[entry]);

    /// <summary>Reads each entry once, with 64 callers at a time.</summary>
    public Task ReadAll() => Parallel.ForAsync(
        0, Count, new ParallelOptions { MaxDegreeOfParallelism = Callers }, async (entry, _) => await Read(entry));

    /// <summary>Reads all until none is missing any more.</summary>
    public async Task Fill()
    {
        for (var pass = 0; pass < MostPasses; pass++)
        {
            var before = Interlocked.Read(ref _made);
            await ReadAll();
            if (Interlocked.Read(ref _made) == before)
            {
                return;
            }
        }

        throw new InvalidOperationException($"{Tag}: after {MostPasses} passes there are still entries missing.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
