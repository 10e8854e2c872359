using System.Collections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;

namespace OrleansTagCache.Mapping;

/// <summary>
/// The tags of what a context is about to save: of the values before and after it, of the tables, of the owners of what is owned, and of both ends of links. What the database makes, such as a key, is known only when the
/// statements have run: maps that may read it are left for then.
/// </summary>
internal sealed class ChangedTags
{
    private readonly DbContext _context;
    private readonly ModelTags _model;
    private readonly bool _tables;
    private readonly HashSet<object> _ends = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<IForeignKey, Dictionary<object[], EntityEntry>> _principals = [];
    private List<EntityEntry>? _tracked;

    private ChangedTags(DbContext context, ModelTags model, bool tables) => (_context, _model, _tables) = (context, model, tables);

    /// <summary>Those that are known before the statements.</summary>
    public HashSet<string> Tags { get; } = new(StringComparer.Ordinal);

    /// <summary>Those that are known after them.</summary>
    public List<LateTags> Late { get; } = [];

    /// <param name="context">The context. Its changes must have been detected.</param>
    /// <param name="model">What its model says of tags.</param>
    /// <param name="tables">Whether the tags of the tables are among them.</param>
    /// <exception cref="InvalidOperationException">A map has thrown, or gave something that is no tag.</exception>
    public static ChangedTags Of(DbContext context, ModelTags model, bool tables)
    {
        var changed = new ChangedTags(context, model, tables);
        foreach (var entry in changed.Tracked)
        {
            if (entry.State is EntityState.Added or EntityState.Modified or EntityState.Deleted && !ModelTags.IsOutbox(entry.Metadata))
            {
                changed.Add(entry);
            }
        }

        return changed;
    }

    /// <summary>All entries, in the state that they are in: looking for changes in the middle of a save would be another save.</summary>
    private List<EntityEntry> Tracked
    {
        get
        {
            if (_tracked is null)
            {
                var tracker = _context.ChangeTracker;
                var detects = tracker.AutoDetectChangesEnabled;
                tracker.AutoDetectChangesEnabled = false;
                _tracked = [.. tracker.Entries()];
                tracker.AutoDetectChangesEnabled = detects;
            }

            return _tracked;
        }
    }

    private void Add(EntityEntry entry)
    {
        var of = _model.OfEntity(entry.Metadata);
        AddOfType(of);
        if (of.Maps.Length > 0)
        {
            AddOfRow(entry, of.Maps);
        }

        if (of.Ownership is { } ownership)
        {
            AddEnd(entry, ownership);
        }

        foreach (var link in of.Links)
        {
            AddEnd(entry, link);
        }
    }

    private void AddOfType(EntityTags of)
    {
        Tags.UnionWith(of.Fixed);
        if (_tables)
        {
            Tags.UnionWith(of.Tables);
        }
    }

    private void AddOfRow(EntityEntry entry, TagMap[] maps)
    {
        if (entry.State != EntityState.Added)
        {
            var before = new Row(entry.OriginalValues);
            Array.ForEach(maps, map => map.AddTo(Tags, before));
        }

        if (entry.State == EntityState.Deleted)
        {
            return;
        }

        var made = entry.State == EntityState.Unchanged ? [] : entry.Metadata.GetProperties().Where(property => IsMadeByTheDatabase(entry, property)).Select(property => property.Name).ToHashSet(StringComparer.Ordinal);
        var late = made.Count == 0 ? [] : Array.FindAll(maps, map => map.Property is null || made.Contains(map.Property));
        var after = new Row(entry.CurrentValues);
        Array.ForEach(late.Length == 0 ? maps : [.. maps.Except(late)], map => map.AddTo(Tags, after));
        if (late.Length > 0)
        {
            Late.Add(new(entry, late));
        }
    }

    /// <summary>What is changed with a row that another one's reference leads from: an owner, or an end of a link. One that is changed itself has its own turn.</summary>
    private void AddEnd(EntityEntry entry, IForeignKey reference)
    {
        if (PrincipalOf(entry, reference) is not { } end || !_ends.Add(end.Entity))
        {
            return;
        }

        var of = _model.OfEntity(end.Metadata);
        AddOfType(of);
        if (end.State == EntityState.Unchanged)
        {
            AddOfRow(end, of.Maps);
            if (of.Ownership is { } ownership)
            {
                AddEnd(end, ownership);
            }
        }
    }

    /// <summary>The entry that a row refers to; null if the context does not track it.</summary>
    private EntityEntry? PrincipalOf(EntityEntry entry, IForeignKey reference)
    {
        if (!_principals.TryGetValue(reference, out var principals))
        {
            _principals[reference] = principals = new(KeyComparer.Instance);
            foreach (var principal in Tracked.Where(other => other.State != EntityState.Detached && reference.PrincipalEntityType.IsAssignableFrom(other.Metadata)))
            {
                principals.TryAdd(ValuesOf(principal, reference.PrincipalKey.Properties), principal);
            }
        }

        return principals.GetValueOrDefault(ValuesOf(entry, reference.Properties));
    }

    private static object[] ValuesOf(EntityEntry entry, IReadOnlyList<IProperty> properties) => [.. properties.Select(property => entry.CurrentValues[property]!)];

    /// <summary>Whether a value is known only after the statements. A concurrency token is nothing to make tags from: it would leave every row for then.</summary>
    private static bool IsMadeByTheDatabase(EntityEntry entry, IProperty property)
    {
        if (property.IsConcurrencyToken)
        {
            return false;
        }

        var isTemporary = entry.Property(property.Name).IsTemporary;
        return entry.State == EntityState.Added
            ? isTemporary || property.ValueGenerated.HasFlag(ValueGenerated.OnAdd)
                && (property.GetBeforeSaveBehavior() == PropertySaveBehavior.Ignore || Equals(entry.CurrentValues[property], property.Sentinel))
            : isTemporary || property.ValueGenerated.HasFlag(ValueGenerated.OnUpdate) || property.ValueGenerated.HasFlag(ValueGenerated.OnUpdateSometimes);
    }

    private sealed class KeyComparer : IEqualityComparer<object[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(object[]? x, object[]? y) => StructuralComparisons.StructuralEqualityComparer.Equals(x, y);

        public int GetHashCode(object[] obj) => ((IStructuralEquatable)obj).GetHashCode(StructuralComparisons.StructuralEqualityComparer);
    }
}

/// <summary>Maps that wait for what the database makes of a row.</summary>
internal sealed record LateTags(EntityEntry Entry, TagMap[] Maps)
{
    /// <summary>Makes the tags, once the statements have run.</summary>
    public void AddTo(HashSet<string> tags)
    {
        var row = new Row(Entry.CurrentValues);
        Array.ForEach(Maps, map => map.AddTo(tags, row));
    }
}
