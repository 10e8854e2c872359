namespace OrleansTagCache.Contracts;

/// <summary>What a silo has done since its start, in figures that only rise, and how it is: what a board shows every second.</summary>
/// <param name="Silo">How it is; without its process, which is costly to look at.</param>
/// <param name="NearHits">Reads of its process that its own near cache answered while it was asked for this at least every ten seconds.</param>
/// <param name="Updates">How long the updates took that it coordinated.</param>
[GenerateSerializer, Immutable, Alias("otc.TrafficReport")]
internal sealed record TrafficReport([property: Id(0)] SiloReport Silo, [property: Id(1)] long NearHits, [property: Id(2)] UpdateTimes Updates);

/// <summary>How long updates took until every process had acknowledged, since a silo's start.</summary>
/// <param name="Total">The sum of all.</param>
/// <param name="Bounds">The upper bounds of the buckets, in seconds, rising.</param>
/// <param name="Counts">How many fell into each bucket, and last how many took longer than the last bound.</param>
[GenerateSerializer, Immutable, Alias("otc.UpdateTimes")]
internal sealed record UpdateTimes([property: Id(0)] TimeSpan Total, [property: Id(1)] double[] Bounds, [property: Id(2)] long[] Counts);
