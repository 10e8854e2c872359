namespace OrleansTagCache.Generators.Models;

/// <summary>All that is written of a cached method. It has no symbols and no places, so that it changes only when what is written changes.</summary>
internal sealed record CachedMethod
{
    /// <summary>The name of the generated file, unique in the compilation.</summary>
    public required string FileName { get; init; }

    /// <summary>The namespace, or null for none.</summary>
    public required string? Namespace { get; init; }

    /// <summary>The declarations of the types around it, from the outermost.</summary>
    public required EquatableArray<string> Types { get; init; }

    /// <summary>The declaration of the method, up to its body.</summary>
    public required string Declaration { get; init; }

    /// <summary>Whether it returns a <c>Task</c>, not a <c>ValueTask</c>.</summary>
    public required bool ReturnsTask { get; init; }

    /// <summary>The type of the value.</summary>
    public required string Value { get; init; }

    /// <summary>The cache, as an expression.</summary>
    public required string Cache { get; init; }

    /// <summary>The first part of the key.</summary>
    public required string KeyName { get; init; }

    /// <summary>The type parameters that are part of the key.</summary>
    public required EquatableArray<string> TypeParameters { get; init; }

    /// <summary>The parameters that are part of the key.</summary>
    public required EquatableArray<KeyMember> Parts { get; init; }

    /// <summary>The tags, as expressions.</summary>
    public required EquatableArray<string> Tags { get; init; }

    /// <summary>Whether a tag names a parameter.</summary>
    public required bool HasTemplates { get; init; }

    /// <summary>The name of the life's profile.</summary>
    public required string? Life { get; init; }

    /// <summary>What else there is in the options, as initializers.</summary>
    public required EquatableArray<string> Options { get; init; }

    /// <summary>The parameter of the method that cancels, if there is one.</summary>
    public required string? Cancellation { get; init; }

    /// <summary>What runs on a miss.</summary>
    public required CachedBody Body { get; init; }
}

/// <summary>The method that runs on a miss.</summary>
/// <param name="Call">It with its type arguments.</param>
/// <param name="OfObject">Whether it is called on the object of the method.</param>
/// <param name="ReturnsTask">Whether it returns a <c>Task</c>.</param>
/// <param name="IsScoped">Whether it takes the services of a scope of its own.</param>
/// <param name="Arguments">Its parameters, and what each is given.</param>
internal sealed record CachedBody(string Call, bool OfObject, bool ReturnsTask, bool IsScoped, EquatableArray<BodyArgument> Arguments);

/// <summary>What a parameter of the body is given.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Source">Where the argument comes from.</param>
/// <param name="Parameter">The parameter of the method, for <see cref="ArgumentSource.Parameter"/>.</param>
internal sealed record BodyArgument(string Name, ArgumentSource Source, string? Parameter = null);

internal enum ArgumentSource
{
    Parameter,
    Context,
    Cancellation,
    Services,
}
