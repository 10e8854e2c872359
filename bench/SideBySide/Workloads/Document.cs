using System.ComponentModel;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>A value that says of itself that nobody changes it: ours and HybridCache give all readers the same object. FusionCache, IMemoryCache and BitFaster do so with every type.</summary>
[ImmutableObject(true)]
public sealed record Document(ReadOnlyMemory<byte> Content)
{
    internal const int Size = 1_024;

    internal static Document Make() => new(MakeBytes());

    internal static byte[] MakeBytes() => new byte[Size];
}
