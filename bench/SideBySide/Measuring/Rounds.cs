namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>What each peer did in each round. The peers take turns within a round, and each round begins with the next one, so that none has the better place.</summary>
internal sealed class Rounds<T>
{
    private readonly Dictionary<string, List<T>> _results;

    private Rounds(IEnumerable<string> peers) => _results = peers.ToDictionary(peer => peer, _ => new List<T>());

    public static async Task<Rounds<T>> Run(IReadOnlyList<string> peers, int count, Func<string, Task<T>> measure)
    {
        var rounds = new Rounds<T>(peers);
        for (var round = 0; round < count; round++)
        {
            for (var i = 0; i < peers.Count; i++)
            {
                var peer = peers[(round + i) % peers.Count];
                rounds._results[peer].Add(await measure(peer));
            }
        }

        return rounds;
    }

    public Samples Of(string peer, Func<T, double> figure) => Samples.Of(_results[peer].Select(figure));

    /// <summary>A figure of one peer divided by the same one of another, round by round.</summary>
    public Samples Ratio(string peer, string other, Func<T, double> figure) =>
        Samples.Of(_results[peer].Zip(_results[other], (mine, theirs) => figure(mine) / figure(theirs)));

    /// <summary>One figure of a peer divided by another of the same peer, round by round.</summary>
    public Samples Ratio(string peer, Func<T, double> figure, Func<T, double> other) =>
        Samples.Of(_results[peer].Select(result => figure(result) / other(result)));
}
