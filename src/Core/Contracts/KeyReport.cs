using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Contracts;

/// <summary>The keys of a namespace that were read most on one silo in the last minute, as far as its samples tell.</summary>
/// <param name="Keys">The keys, those that were read most first.</param>
/// <param name="Sampled">How many reads were sampled in that time, of all namespaces.</param>
/// <param name="OneIn">How many reads one sample stands for.</param>
[GenerateSerializer, Immutable, Alias("otc.HotKeysOnSilo")]
internal sealed record HotKeysOnSilo([property: Id(0)] HotKey[] Keys, [property: Id(1)] long Sampled, [property: Id(2)] int OneIn);

/// <summary>A key that is read much.</summary>
/// <param name="Key">The key, without its namespace.</param>
/// <param name="Samples">How many samples of it there were at least.</param>
[GenerateSerializer, Immutable, Alias("otc.HotKey")]
internal sealed record HotKey([property: Id(0)] string Key, [property: Id(1)] long Samples);

/// <summary>An entry, for people.</summary>
/// <param name="Key">The key, without its namespace.</param>
/// <param name="Silo">The silo that has it.</param>
/// <param name="Bytes">What it weighs there, its overhead included.</param>
/// <param name="Age">The age of its value.</param>
/// <param name="Freshness">What may be done with its value.</param>
[GenerateSerializer, Immutable, Alias("otc.KeyReport")]
internal sealed record KeyReport(
    [property: Id(0)] string Key, [property: Id(1)] string Silo, [property: Id(2)] long Bytes, [property: Id(3)] TimeSpan Age, [property: Id(4)] Freshness Freshness);
