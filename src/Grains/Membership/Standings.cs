using System.Collections.Concurrent;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Membership;

/// <summary>How far each silo of the cluster is, as far as this one has heard.</summary>
/// <remarks>Thread-safe. A silo goes forward alone: what arrives late changes nothing.</remarks>
internal sealed class Standings
{
    private readonly ConcurrentDictionary<SiloAddress, Standing> _standings = new();
    private int _version;

    /// <summary>Changes with every standing.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>What a silo has said; <see cref="Standing.Joining"/> if it has said nothing yet.</summary>
    public Standing Of(SiloAddress silo) => _standings.GetValueOrDefault(silo);

    /// <summary>A silo says how far it is. Returns whether that is news.</summary>
    public bool Note(SiloAddress silo, Standing standing)
    {
        var isNews = false;
        _standings.AddOrUpdate(
            silo,
            _ =>
            {
                isNews = standing != Standing.Joining;
                return standing;
            },
            (_, known) =>
            {
                isNews = standing > known;
                return isNews ? standing : known;
            });
        if (isNews)
        {
            Interlocked.Increment(ref _version);
        }

        return isNews;
    }

    /// <summary>That silo is gone for good.</summary>
    public void Forget(SiloAddress silo)
    {
        if (_standings.TryRemove(silo, out _))
        {
            Interlocked.Increment(ref _version);
        }
    }
}
