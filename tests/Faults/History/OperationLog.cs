using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansTagCache.Faults.History;

/// <summary>A process's own record of its operations, in a file.</summary>
/// <remarks>Thread-safe. What was not flushed dies with the process; what a checker needs for certain is flushed at once.</remarks>
internal sealed class OperationLog(string path) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly FileStream _file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, BufferBytes);

    public void Write(in Operation operation, bool flush = false)
    {
        lock (_gate)
        {
            _file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Operation>(in operation)));
            if (flush)
            {
                _file.Flush();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file.Dispose();
        }
    }

    /// <summary>All whole records of a file; the last one may have been cut off with its process.</summary>
    public static List<Operation> ReadAll(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var size = Unsafe.SizeOf<Operation>();
        var operations = new Operation[file.Length / size];
        file.ReadExactly(MemoryMarshal.AsBytes(operations.AsSpan()));
        return [.. operations];
    }
}
