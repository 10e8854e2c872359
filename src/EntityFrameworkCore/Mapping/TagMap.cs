using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using OrleansTagCache.Names;

namespace OrleansTagCache.Mapping;

/// <summary>Makes tags from the values of a row.</summary>
/// <param name="entity">The entity type that it was given for, as messages name it.</param>
/// <param name="property">The one property that it reads; null if it may read all of them.</param>
/// <param name="evaluate">Makes the tags.</param>
internal sealed class TagMap(string entity, string? property, Func<Row, IEnumerable<string>?> evaluate)
{
    /// <summary>The one property that it reads; null if it may read all of them.</summary>
    public string? Property => property;

    /// <exception cref="InvalidOperationException">It threw, gave null, or a tag that breaks a rule.</exception>
    public void AddTo(HashSet<string> tags, Row row)
    {
        try
        {
            var made = evaluate(row) ?? throw new InvalidOperationException("It gave null.");
            foreach (var tag in made)
            {
                tags.Add(Sound(tag));
            }
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"The cache tags of an entity of the type '{entity}' cannot be made, so nothing of it is saved: {exception.Message}", exception);
        }
    }

    /// <exception cref="ArgumentException">The tag breaks a rule; the message names it.</exception>
    public static string Sound(string? tag) =>
        NameRules.Fault("tag", tag, NameLimits.TagLength) is { } fault ? throw new ArgumentException($"The tag '{tag}' cannot be used. {fault}", nameof(tag)) : tag!;
}

/// <summary>The values of one row, before a save or after it.</summary>
internal sealed class Row(PropertyValues values)
{
    private object? _instance;

    public PropertyValues Values => values;

    /// <summary>An entity with these values: EF makes it, without navigations.</summary>
    public object Instance => _instance ??= values.ToObject();
}

/// <summary>The tags that a model gives to its entity types, as <c>OnModelCreating</c> has said.</summary>
internal sealed class TagMaps
{
    private readonly Dictionary<string, List<TagMap>> _maps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _fixed = new(StringComparer.Ordinal);

    public void Add(IReadOnlyEntityType entity, TagMap map) => ListOf(_maps, entity).Add(map);

    public void Add(IReadOnlyEntityType entity, string tag) => ListOf(_fixed, entity).Add(tag);

    /// <summary>The maps of a type and of its base types.</summary>
    public TagMap[] MapsOf(IReadOnlyEntityType entity) => [.. entity.GetAllBaseTypesInclusive().SelectMany(type => _maps.GetValueOrDefault(type.Name) ?? [])];

    /// <summary>The tags that every row of the type bears.</summary>
    public string[] FixedOf(IReadOnlyEntityType entity) => [.. entity.GetAllBaseTypesInclusive().SelectMany(type => _fixed.GetValueOrDefault(type.Name) ?? [])];

    /// <exception cref="InvalidOperationException">A map reads a property that its type does not have.</exception>
    public void Check(IReadOnlyModel model)
    {
        foreach (var (name, maps) in _maps)
        {
            var entity = model.FindEntityType(name) ?? throw new InvalidOperationException($"The model gives cache tags to '{name}', which is no entity type of it.");
            if (maps.FirstOrDefault(map => map.Property is { } property && entity.FindProperty(property) is null) is { } wrong)
            {
                throw new InvalidOperationException($"The model gives cache tags to '{name}' by its property '{wrong.Property}', which it does not have.");
            }
        }
    }

    private static T ListOf<T>(Dictionary<string, T> of, IReadOnlyEntityType entity)
        where T : new() => of.TryGetValue(entity.Name, out var list) ? list : of[entity.Name] = new();
}
