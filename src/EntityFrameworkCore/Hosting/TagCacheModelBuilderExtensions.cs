using OrleansTagCache;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Maps the outbox of the cache in a model.</summary>
public static class TagCacheModelBuilderExtensions
{
    /// <summary>
    /// Maps a table for the tags of transactions (<see cref="TagCacheOutboxRow"/>): <c>Id</c>, <c>Tags</c> and <c>Claim</c>. Each transaction that changes tags writes one row there, which is deleted when its holds are released; what a process that died
    /// has left is drained by the others. Migrations create the table like any other.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="table">The name of the table.</param>
    /// <param name="schema">Its schema; the model's default if it is null.</param>
    /// <returns>The model.</returns>
    public static ModelBuilder AddTagCacheOutbox(this ModelBuilder model, string table = "TagCacheOutbox", string? schema = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(table);
        return model.Entity<TagCacheOutboxRow>(row =>
        {
            row.ToTable(table, schema);
            row.HasKey(one => one.Id);
            row.Property(one => one.Id).ValueGeneratedNever();
            row.Property(one => one.Tags).IsRequired();
        });
    }
}
