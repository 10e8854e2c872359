using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace OrleansTagCache.Generators.Models;

/// <summary>A diagnostic without symbols or trees.</summary>
internal sealed record Finding(string Id, Place Place, EquatableArray<string> Arguments)
{
    public Diagnostic ToDiagnostic() => Diagnostic.Create(CachedDiagnostics.ById(Id), Place.ToLocation(), [.. Arguments]);
}

/// <summary>A place in a file.</summary>
internal readonly record struct Place(string File, TextSpan Span, LinePositionSpan Lines)
{
    public static Place Of(Location location) => new(location.SourceTree?.FilePath ?? string.Empty, location.SourceSpan, location.GetLineSpan().Span);

    public Location ToLocation() => File.Length == 0 ? Location.None : Location.Create(File, Span, Lines);
}

/// <summary>What was read of a method: what is to be written, or why it cannot be.</summary>
internal sealed record ReadMethod(CachedMethod? Method, EquatableArray<Finding> Findings, KeyOwner? Key);

/// <summary>Who has a key, for the check that only one has it.</summary>
internal sealed record KeyOwner(string Key, string Method, Place Place);
