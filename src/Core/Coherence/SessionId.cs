namespace OrleansTagCache.Coherence;

/// <summary>
/// The identity of a session: the incarnation of the session table that issued it (random, made when its silo starts, so it names the silo
/// too) and a number within it. No other table or activation can have issued it.
/// </summary>
[GenerateSerializer, Immutable, Alias("otc.SessionId")]
internal readonly record struct SessionId([property: Id(0)] Guid Table, [property: Id(1)] long Number)
{
    public static readonly SessionId None;

    public bool IsNone => Number == 0;
}
