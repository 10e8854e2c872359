using System.Buffers.Binary;

namespace OrleansTagCache.Transport;

/// <summary>Makes the ids of this process's requests, unique in the cluster. Cheap, since every read has one; nothing depends on them being hard to guess.</summary>
/// <remarks>Thread-safe.</remarks>
internal static class RequestIds
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
