using System.IO.MemoryMappedFiles;

namespace OrleansTagCache.Faults.Workload;

/// <summary>Memory that several processes share, as a file: cells of 64 bits, and behind them single bytes. All begin with 0.</summary>
/// <remarks>Thread-safe and process-safe: every cell is aligned, read and written whole.</remarks>
internal sealed unsafe class SharedCells : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly long* _cells;
    private readonly byte* _bytes;

    public SharedCells(string path, int cells, int bytes = 0)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, mapName: null, (cells * sizeof(long)) + bytes);
        _view = _file.CreateViewAccessor();
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _cells = (long*)start;
        _bytes = start + (cells * sizeof(long));
    }

    public ref long At(int cell) => ref _cells[cell];

    public ref byte ByteAt(long index) => ref _bytes[index];

    /// <summary>Sets a cell to a value, unless it holds a greater one.</summary>
    public void Raise(int cell, long value)
    {
        ref var at = ref At(cell);
        for (var seen = Volatile.Read(ref at); seen < value;)
        {
            var before = Interlocked.CompareExchange(ref at, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
