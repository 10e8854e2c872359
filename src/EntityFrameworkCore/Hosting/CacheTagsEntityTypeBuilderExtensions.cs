using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OrleansTagCache.Mapping;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Says which cache tags depend on the rows of an entity type: those that a save of such a row holds.</summary>
/// <remarks>
/// <para>Several maps of a type add up, and those of a base type apply to its derived types. A save holds the tags of the values before it and after it; of a row that is added only those after it, of one that is deleted only those before it.
/// A change of an owned type is one of its owner, and a link of a many-to-many relationship that is added or removed is a change of both ends.</para>
/// <para>A map is given an instance that EF makes from the values of the row, so it may read what is mapped to columns, complex properties included, and neither navigations nor owned types, which are null there. It must
/// depend on the values alone. One that reads what the database makes, such as a key of a new row, is called when the statements have run, before the commit.</para>
/// <para>A map that throws, or gives null or a tag that breaks a rule, fails the save before its first statement, or before its commit.</para>
/// </remarks>
public static class CacheTagsEntityTypeBuilderExtensions
{
    /// <summary>Gives every row of the type the same tags. <c>ExecuteUpdate</c> and <c>ExecuteDelete</c> hold them too.</summary>
    /// <typeparam name="TEntity">The entity type.</typeparam>
    /// <param name="entity">The entity type.</param>
    /// <param name="tags">The tags.</param>
    /// <returns>The entity type.</returns>
    /// <exception cref="ArgumentException">A tag breaks a limit.</exception>
    public static EntityTypeBuilder<TEntity> HasCacheTags<TEntity>(this EntityTypeBuilder<TEntity> entity, params string[] tags)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(tags);
        foreach (var tag in tags)
        {
            CacheTagsConvention.Of(entity.Metadata.Model).Add(entity.Metadata, TagMap.Sound(tag));
        }

        return entity;
    }

    /// <summary>Gives a row the tags that a function makes of its values: <c>HasCacheTags(product => [$"product-{product.Id}"])</c>.</summary>
    /// <typeparam name="TEntity">The entity type.</typeparam>
    /// <param name="entity">The entity type.</param>
    /// <param name="map">Makes the tags. It may run several times for one save.</param>
    /// <returns>The entity type.</returns>
    public static EntityTypeBuilder<TEntity> HasCacheTags<TEntity>(this EntityTypeBuilder<TEntity> entity, Func<TEntity, IEnumerable<string>> map)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(map);
        return Add(entity, null, row => map((TEntity)row.Instance));
    }

    /// <summary>As <see cref="HasCacheTags{TEntity}(EntityTypeBuilder{TEntity}, Func{TEntity, IEnumerable{string}})"/>, with the values of the row too, among which shadow properties are.</summary>
    /// <inheritdoc cref="HasCacheTags{TEntity}(EntityTypeBuilder{TEntity}, Func{TEntity, IEnumerable{string}})" path="/*[not(self::summary)]"/>
    public static EntityTypeBuilder<TEntity> HasCacheTags<TEntity>(this EntityTypeBuilder<TEntity> entity, Func<TEntity, PropertyValues, IEnumerable<string>> map)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(map);
        return Add(entity, null, row => map((TEntity)row.Instance, row.Values));
    }

    /// <summary>
    /// Gives a row the tags that a function makes of one property, such as a foreign key: <c>HasCacheTagsOf(order => order.CustomerId, id => [$"customer-{id}"])</c>. The row that it refers to need not be loaded. A null has no tags.
    /// A map of one property waits for the database only if the database makes that property.
    /// </summary>
    /// <typeparam name="TEntity">The entity type.</typeparam>
    /// <typeparam name="TValue">The type of the property.</typeparam>
    /// <param name="entity">The entity type.</param>
    /// <param name="property">The property.</param>
    /// <param name="map">Makes the tags.</param>
    /// <returns>The entity type.</returns>
    public static EntityTypeBuilder<TEntity> HasCacheTagsOf<TEntity, TValue>(
        this EntityTypeBuilder<TEntity> entity, Expression<Func<TEntity, TValue>> property, Func<TValue, IEnumerable<string>> map)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(property);
        return property.Body is MemberExpression { Expression: ParameterExpression, Member.Name: var name }
            ? entity.HasCacheTagsOf(name, map)
            : throw new ArgumentException("It must be a property of the entity itself, as in 'order => order.CustomerId'.", nameof(property));
    }

    /// <inheritdoc cref="HasCacheTagsOf{TEntity, TValue}(EntityTypeBuilder{TEntity}, Expression{Func{TEntity, TValue}}, Func{TValue, IEnumerable{string}})" path="/*[not(self::param)]"/>
    /// <param name="entity">The entity type.</param>
    /// <param name="property">The name of the property; it may be a shadow property. Without it, the model cannot be built.</param>
    /// <param name="map">Makes the tags.</param>
    public static EntityTypeBuilder<TEntity> HasCacheTagsOf<TEntity, TValue>(this EntityTypeBuilder<TEntity> entity, string property, Func<TValue, IEnumerable<string>> map)
        where TEntity : class
    {
        ArgumentException.ThrowIfNullOrEmpty(property);
        ArgumentNullException.ThrowIfNull(map);
        return Add(entity, property, row => row.Values[property] is { } value ? map((TValue)value) : []);
    }

    private static EntityTypeBuilder<TEntity> Add<TEntity>(EntityTypeBuilder<TEntity> entity, string? property, Func<Row, IEnumerable<string>?> evaluate)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(entity);
        CacheTagsConvention.Of(entity.Metadata.Model).Add(entity.Metadata, new TagMap(entity.Metadata.DisplayName(), property, evaluate));
        return entity;
    }
}
