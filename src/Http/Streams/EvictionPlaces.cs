using OrleansTagCache.Contracts;

namespace OrleansTagCache.Http.Streams;

/// <summary>How far each silo has told of its evictions, and whether some are missing. A silo that comes or goes may have evicted what no one was told of; so may one that does not answer, which is told once, and again if it turns out so.</summary>
/// <remarks>Not thread-safe: one loop has it.</remarks>
internal sealed class EvictionPlaces
{
    private readonly Dictionary<SiloAddress, Place> _places = [];

    /// <summary>Where the last answer of that silo ended; null if it has not answered yet.</summary>
    public long? Of(SiloAddress silo) => _places.GetValueOrDefault(silo).Position;

    /// <summary>Takes the answers of all silos to one question. Returns why evictions may be missing, for who reads; null if none are.</summary>
    public string? Take((SiloAddress Silo, EvictedOnSilo? Answer)[] answers)
    {
        var gap = Keep(answers) ? "members" : null;
        foreach (var (silo, answer) in answers)
        {
            var isKnown = _places.TryGetValue(silo, out var place);
            gap = (isKnown, answer) switch
            {
                (false, _) => "members",
                (_, null) => place.IsSilent ? gap : "no_answer",
                (_, { HasLost: true }) => "lost",
                _ => place.Position is null ? "no_answer" : gap,
            };
            _places[silo] = answer is null ? place with { IsSilent = true } : new(answer.Position, IsSilent: false);
        }

        return gap;
    }

    /// <summary>Keeps the places of those silos alone. Returns whether others had any.</summary>
    private bool Keep((SiloAddress Silo, EvictedOnSilo? Answer)[] answers)
    {
        var gone = _places.Keys.Except(answers.Select(asked => asked.Silo)).ToArray();
        foreach (var silo in gone)
        {
            _places.Remove(silo);
        }

        return gone.Length > 0;
    }

    private readonly record struct Place(long? Position, bool IsSilent);
}
