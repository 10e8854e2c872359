namespace OrleansTagCache.Contracts;

/// <summary>
/// A value as bytes, with what is needed to give it back. Immutable by convention: the maker hands its array over for good, so that
/// nothing copies it inside a silo.
/// </summary>
/// <param name="Bytes">The serialized value; empty for null.</param>
/// <param name="ContentType">Its media type, or null if unknown.</param>
/// <param name="IsNull">Whether the value is null, which no serializer was asked for.</param>
/// <param name="MadeAs">The type that it was made as; none for values that a program stored over HTTP.</param>
/// <param name="Coding">What was done to the bytes after the value was serialized.</param>
[GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("otc.Payload")]
internal sealed record Payload(
    [property: Id(0)] byte[] Bytes,
    [property: Id(1)] string? ContentType,
    [property: Id(2)] bool IsNull = false,
    [property: Id(3)] TypeMark MadeAs = default,
    [property: Id(4)] PayloadCoding Coding = PayloadCoding.None)
{
    public static readonly Payload Null = new([], null, IsNull: true);
}
