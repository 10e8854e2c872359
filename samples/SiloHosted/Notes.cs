using System.Collections.Concurrent;

namespace OrleansTagCache.Samples.SiloHosted;

/// <summary>Stands for a database. It counts how often it is read.</summary>
internal sealed class Notes
{
    private readonly ConcurrentQueue<string> _notes = new(["Water the plants"]);
    private int _reads;

    public (string[] Notes, int Reads) Read() => ([.. _notes], Interlocked.Increment(ref _reads));

    public void Add(string note) => _notes.Enqueue(note);
}
