using Microsoft.EntityFrameworkCore;
using OrleansTagCache.Mapping;

namespace OrleansTagCache;

/// <summary>The tags that saves hold by themselves, for entries that are made from the tables.</summary>
public static class TagCacheTags
{
    /// <summary>The tag of a table: <c>table:orders</c>, or <c>table:sales.orders</c> in a schema that the model names. A save holds it for each table that it writes, and so do <c>ExecuteUpdate</c> and <c>ExecuteDelete</c>.</summary>
    /// <param name="table">The table's name in the model, case-sensitive.</param>
    /// <param name="schema">Its schema, if the model names one.</param>
    /// <returns>The tag.</returns>
    public static string OfTable(string table, string? schema = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(table);
        return string.IsNullOrEmpty(schema) ? $"table:{table}" : $"table:{schema}.{table}";
    }

    /// <summary>
    /// The tags of the tables that a query of this entity type reads: its own, those of its base types, derived types and owned types. Add those of what the query includes or joins.
    /// </summary>
    /// <typeparam name="TEntity">The entity type.</typeparam>
    /// <param name="context">The context whose model maps it.</param>
    /// <returns>The tags.</returns>
    /// <exception cref="InvalidOperationException">The model does not map it to tables alone: what is behind a view or a function is not known.</exception>
    public static IReadOnlyList<string> OfTables<TEntity>(DbContext context)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(context);
        return ModelTags.Of(context).OfReaders(typeof(TEntity));
    }
}
