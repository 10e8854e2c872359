using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace OrleansTagCache.Diagnostics;

/// <summary>
/// Which faults of calls are still to be logged: each kind once in a process, since a program that makes such a call makes it all the time. In Development every one.
/// </summary>
/// <remarks>Thread-safe. Bounded; beyond the bound it begins anew.</remarks>
internal sealed class LogOnce(IHostEnvironment? environment = null)
{
    private const int Most = 1_000;

    private readonly ConcurrentDictionary<string, bool> _said = new(StringComparer.Ordinal);
    private readonly bool _isDevelopment = environment?.IsDevelopment() == true;

    /// <summary>Whether this is the first of its kind. Texts of one kind differ from their first number on.</summary>
    /// <param name="fault">What is to be logged. It must not name keys, tags or values.</param>
    public bool IsNew(string fault)
    {
        if (_isDevelopment)
        {
            return true;
        }

        var number = fault.AsSpan().IndexOfAnyInRange('0', '9');
        var kind = number < 0 ? fault : fault[..number];
        if (_said.ContainsKey(kind))
        {
            return false;
        }

        if (_said.Count >= Most)
        {
            _said.Clear();
        }

        return _said.TryAdd(kind, true);
    }
}
