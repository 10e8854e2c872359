namespace OrleansTagCache.Generators.Models;

/// <summary>How a value is written into a key.</summary>
internal abstract record KeyPart;

/// <summary>A value that the builder knows.</summary>
/// <param name="Format">The format that loses nothing, or null for the usual one.</param>
/// <param name="Before">What stands before the value, such as a cast.</param>
/// <param name="After">What stands behind it, such as a call.</param>
internal sealed record PlainPart(string? Format = null, string Before = "", string After = "") : KeyPart;

/// <summary>A value that may be missing.</summary>
/// <param name="Value">How it is written if it is not.</param>
internal sealed record OptionalPart(KeyPart Value) : KeyPart;

/// <summary>Values in an order.</summary>
/// <param name="Item">How each is written.</param>
/// <param name="Missing">The test that there is no list, behind its name; null if there always is.</param>
internal sealed record SequencePart(KeyPart Item, string? Missing) : KeyPart;

/// <summary>A value that is its members.</summary>
internal sealed record MembersPart(EquatableArray<KeyMember> Members) : KeyPart;

/// <summary>A member of a value, as it is written in code.</summary>
internal sealed record KeyMember(string Name, KeyPart Part);
