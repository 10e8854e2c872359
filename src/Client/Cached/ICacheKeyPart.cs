namespace OrleansTagCache;

/// <summary>A type that says what it is in the key of a method with <see cref="CachedAttribute"/>, for types that have no form by themselves.</summary>
public interface ICacheKeyPart
{
    /// <summary>Returns a text that is the same, in every process and version, for values that make the same result, and another for all others. It may have any length and any characters.</summary>
    /// <returns>The text; null stands for no value.</returns>
    string? ToKeyPart();
}
