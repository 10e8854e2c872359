using System.Runtime.InteropServices;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Http.Boards;

/// <summary>The samples of all silos together.</summary>
internal sealed class KeyReads
{
    private readonly Dictionary<string, long> _reads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Silo, long Reads)> _most = new(StringComparer.Ordinal);
    private readonly long _all;

    public KeyReads((SiloAddress Silo, HotKeysOnSilo? Answer)[] answers)
    {
        foreach (var (silo, answer) in answers)
        {
            Sampled += answer?.Sampled ?? 0;
            _all += (answer?.Sampled * answer?.OneIn) ?? 0;
            foreach (var key in answer?.Keys ?? [])
            {
                var reads = key.Samples * answer!.OneIn;
                CollectionsMarshal.GetValueRefOrAddDefault(_reads, key.Key, out _) += reads;
                if (!_most.TryGetValue(key.Key, out var most) || reads > most.Reads)
                {
                    _most[key.Key] = (silo.ToString(), reads);
                }
            }
        }
    }

    /// <summary>How many reads were sampled.</summary>
    public long Sampled { get; }

    /// <summary>The keys with the most reads, and where most of them were.</summary>
    public (string Key, string Silo)[] Hottest(int limit) =>
        [.. _reads.OrderByDescending(key => key.Value).ThenBy(key => key.Key, StringComparer.Ordinal).Take(limit).Select(key => (key.Key, _most[key.Key].Silo))];

    /// <summary>How many reads of a key there were, about.</summary>
    public long Estimate(string key) => _reads.GetValueOrDefault(key);

    /// <summary>Its share of all reads.</summary>
    public double Share(string key) => _all == 0 ? 0 : Math.Round((double)Estimate(key) / _all, 4);
}
