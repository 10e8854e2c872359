namespace OrleansTagCache.Contracts;

/// <summary>
/// Very many values have the same life and the same media type, and each that comes over the wire brings its own copies: what is kept refers to one of them,
/// mostly. A slot for each digest holds the last that came: no lock, a bounded room, and what is common stays.
/// </summary>
/// <remarks>Thread-safe: a slot is written whole, and whose comes last does not matter.</remarks>
internal static class Alike
{
    private const int Slots = 1_024;

    private static readonly CacheLife?[] Lives = new CacheLife?[Slots];
    private static readonly string?[] Types = new string?[Slots];
    private static readonly PayloadForm?[] Forms = new PayloadForm?[Slots];

    public static CacheLife Share(CacheLife life) => Share(Lives, life);

    public static Payload Share(Payload payload) =>
        payload.ContentType is { } type && Share(Types, type) is var shared && !ReferenceEquals(shared, type) ? payload with { ContentType = shared } : payload;

    public static PayloadForm Share(PayloadForm form) => Share(Forms, form);

    private static T Share<T>(T?[] slots, T value)
        where T : class
    {
        ref var slot = ref slots[(uint)value.GetHashCode() % Slots];
        if (Volatile.Read(ref slot) is { } known && known.Equals(value))
        {
            return known;
        }

        Volatile.Write(ref slot, value);
        return value;
    }
}
