namespace OrleansTagCache.Contracts;

/// <summary>What was done to the bytes of a value after it was serialized, in this order. Silos keep them as they are.</summary>
[Flags, GenerateSerializer, Alias("otc.PayloadCoding")]
internal enum PayloadCoding : byte
{
    None = 0,

    /// <summary>Compressed by Brotli, behind four bytes that say how long they were.</summary>
    Brotli = 1,

    /// <summary>Encrypted by the application's data protection, with the key that they belong to.</summary>
    Protected = 2,
}
