using System.Buffers.Binary;

namespace OrleansTagCache.Cluster;

/// <summary>Names the questions of this process: no two of the cluster's have the same name. Cheap, since every read has one; nothing rests on it being hard to guess.</summary>
/// <remarks>Thread-safe.</remarks>
internal static class Askers
{
    private static readonly byte[] Process = Guid.NewGuid().ToByteArray();
    private static long _count;

    public static Guid Next()
    {
        Span<byte> name = stackalloc byte[16];
        Process.CopyTo(name);
        BinaryPrimitives.WriteInt64LittleEndian(name, Interlocked.Increment(ref _count));
        return new(name);
    }
}
