using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using OrleansTagCache.Outbox;

namespace OrleansTagCache.Mapping;

/// <summary>What a model says of tags: those of its entity types and of its tables.</summary>
/// <remarks>Thread-safe; one a model.</remarks>
internal sealed class ModelTags
{
    private static readonly ConditionalWeakTable<IModel, ModelTags> Known = [];

    private readonly Dictionary<IEntityType, EntityTags> _entities;
    private readonly NamedTable[] _tables;
    private readonly IModel _model;

    private ModelTags(DbContext context, ISqlGenerationHelper sql)
    {
        _model = context.Model;
        var maps = CacheTagsConvention.Of(_model, () => context.GetService<IDesignTimeModel>().Model);
        var links = _model.GetEntityTypes().SelectMany(type => type.GetDeclaredSkipNavigations()).Where(navigation => navigation.JoinEntityType is not null)
            .ToLookup(navigation => navigation.JoinEntityType!, navigation => navigation.ForeignKey);
        _entities = _model.GetEntityTypes().ToDictionary(type => type, type => new EntityTags(
            maps.MapsOf(type),
            [.. maps.FixedOf(type).Select(TagMap.Sound)],
            [.. TablesOf(type).Select(table => TagMap.Sound(TagCacheTags.OfTable(table.Name, table.Schema)))],
            type.FindOwnership(),
            [.. links[type].Distinct()]));
        Outbox = _model.FindEntityType(typeof(TagCacheOutboxRow)) is { } outbox ? new OutboxTable(outbox, sql) : null;
        _tables = [.. _model.GetEntityTypes().SelectMany(type => TablesOf(type).Select(table => (table, type))).GroupBy(pair => pair.table, pair => pair.type)
            .Where(types => !types.Any(IsOutbox))
            .Select(types => new NamedTable(
                sql.DelimitIdentifier(types.Key.Name, types.Key.Schema),
                [TagCacheTags.OfTable(types.Key.Name, types.Key.Schema), .. types.SelectMany(type => _entities[type].Fixed).Distinct()]))];
    }

    /// <summary>The table of the outbox, if the model maps one.</summary>
    public OutboxTable? Outbox { get; }

    /// <summary>Of a context's model.</summary>
    public static ModelTags Of(DbContext context) => Known.GetValue(context.Model, _ => new(context, context.GetService<ISqlGenerationHelper>()));

    /// <summary>The outbox is not read through the cache.</summary>
    public static bool IsOutbox(IReadOnlyEntityType type) => type.ClrType == typeof(TagCacheOutboxRow);

    public EntityTags OfEntity(IEntityType type) => _entities[type];

    /// <summary>The tags of every table that a statement names, and the fixed ones of the types in it. A table that it only reads is among them: a statement does not say in every provider's words which one it writes.</summary>
    public HashSet<string> OfStatement(string sql) => [.. _tables.Where(table => sql.Contains(table.Delimited, StringComparison.Ordinal)).SelectMany(table => table.Tags)];

    /// <inheritdoc cref="TagCacheTags.OfTables"/>
    public string[] OfReaders(Type entity)
    {
        var types = _model.FindEntityTypes(entity).SelectMany(type => type.GetDerivedTypesInclusive().Concat(type.GetAllBaseTypes())).Distinct().ToList();
        if (types.Count == 0)
        {
            throw new InvalidOperationException($"'{entity.Name}' is no entity type of the model.");
        }

        for (var i = 0; i < types.Count; i++)
        {
            types.AddRange(types[i].GetDeclaredNavigations().Where(navigation => !navigation.IsOnDependent && navigation.TargetEntityType.IsOwned()).Select(navigation => navigation.TargetEntityType)
                .Where(owned => !types.Contains(owned)));
        }

        return types.Any(type => type.GetViewMappings().Any() || type.GetFunctionMappings().Any() || type.GetSqlQueryMappings().Any() || TablesOf(type).Length == 0 && !type.IsAbstract())
            ? throw new InvalidOperationException($"'{entity.Name}' is not mapped to tables alone, so the tags of what it is read from are not known: name the tables (TagCacheTags.OfTable).")
            : [.. types.SelectMany(type => _entities[type].Tables).Distinct()];
    }

    /// <summary>The tables that a row of the type is written to. What is in a column of its owner, as JSON, is in the owner's.</summary>
    private static ITable[] TablesOf(IEntityType type)
    {
        ITable[] tables = [.. type.GetTableMappings().Select(mapping => (ITable)mapping.Table).Distinct()];
        return tables.Length == 0 && type.FindOwnership() is { } ownership ? TablesOf(ownership.PrincipalEntityType) : tables;
    }

    private sealed record NamedTable(string Delimited, string[] Tags);
}

/// <summary>What the model says of the tags of an entity type.</summary>
/// <param name="Maps">Make tags from a row.</param>
/// <param name="Fixed">Tags of every row.</param>
/// <param name="Tables">The tags of the tables that a row is written to.</param>
/// <param name="Ownership">From an owned type to its owner.</param>
/// <param name="Links">From the join type of a many-to-many relationship to both ends.</param>
internal sealed record EntityTags(TagMap[] Maps, string[] Fixed, string[] Tables, IForeignKey? Ownership, IForeignKey[] Links);
