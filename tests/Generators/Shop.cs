using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTagCache.Tests.Generators;

public interface IProducts
{
    Task<Product?> FindAsync(int id, CancellationToken cancellationToken = default);
}

public sealed record Product(int Id, string Name, int Made);

public enum Size
{
    Small = 1,
    Large = 2,
}

public sealed record Query(string? Text, int Page, ImmutableArray<Size> Sizes)
{
    public string? Country { get; init; }
}

public readonly record struct ProductId(int Value);

public sealed class Sku(string text) : ICacheKeyPart
{
    public string ToKeyPart() => text.ToUpperInvariant();
}

/// <summary>What bodies count their runs in.</summary>
public sealed class Runs
{
    private readonly ConcurrentDictionary<string, int> _runs = new();

    public int Of(string what) => _runs.GetValueOrDefault(what);

    public int Next(string what) => _runs.AddOrUpdate(what, 1, (_, run) => run + 1);
}

/// <summary>A service as an application has it: behind an interface, with the cache in its primary constructor.</summary>
public sealed partial class Products(ITagCache cache, Runs runs) : IProducts
{
    [Cached(Tags = ["gen-products", "gen-product-{id}"], Life = "hours")]
    public partial Task<Product?> FindAsync(int id, CancellationToken cancellationToken);

    private async Task<Product?> FindCoreAsync(int id, CacheContext context, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        context.Tag("gen-of-the-body");
        return id < 0 ? null : new(id, "one", runs.Next($"find {id}"));
    }

    [Cached(Tags = ["gen-country-{query.Country}"])]
    public partial ValueTask<string> SearchAsync(Query query, DateOnly? day = null);

    private ValueTask<string> SearchCoreAsync(Query query, DateOnly? day) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{query.Text ?? "-"} {query.Page} {query.Sizes.Length} {day} run {runs.Next("search")}"));

    [Cached]
    public partial Task<string> NameAsync(int id);

    private async Task<string> NameCoreAsync(int id)
    {
        var product = await FindAsync(id, CancellationToken.None);
        return $"{product?.Name} {runs.Next($"name {id}")}";
    }

    [Cached]
    public partial Task<string> NameAsync(string id);

    private static Task<string> NameCoreAsync(string id) => Task.FromResult($"by text {id}");

    [Cached(Key = "gen.products.by")]
    public partial Task<T[]> ListAsync<T>(IReadOnlyList<T> values, params string?[] names)
        where T : ICacheKeyPart;

    private static Task<T[]> ListCoreAsync<T>(IReadOnlyList<T> values, string?[] names) => Task.FromResult(names.Length == 0 ? [] : values.ToArray());

    [Cached(Body = nameof(Fail), FailSafeSeconds = 1.5)]
    public partial Task<string> FailAsync(string message);

    private static Task<string> Fail(string message) => throw new FormatException(message);
}

/// <summary>Without an object: the cache is a parameter, and so is what the body works with.</summary>
public static partial class ProductQueries
{
    [Cached(Tags = ["gen-price-{id.Value}"])]
    public static partial Task<decimal> PriceAsync(this ITagCache cache, ProductId id, [NotInKey] Runs runs, CancellationToken cancellationToken = default);

    private static Task<decimal> PriceCoreAsync(ProductId id, Runs runs, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<decimal>(cancellationToken) : Task.FromResult(id.Value + (decimal)runs.Next($"price {id.Value}"));

    [Cached(Tags = ["gen-stock"], Version = 2)]
    public static partial ValueTask<int> StockAsync(ITagCache cache, Sku? sku);

    private static async ValueTask<int> StockCoreAsync(IServiceProvider services, Sku? sku, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return services.GetRequiredService<Runs>().Next($"stock {sku?.ToKeyPart()}");
    }
}

/// <summary>Entries of two types of one generic class are apart.</summary>
internal sealed partial class Repository<TKey>
    where TKey : notnull
{
    private readonly ITagCache _cache;
    private readonly ITagCache? _other;

    public Repository(ITagCache cache, ITagCache? other = null) => (_cache, _other) = (cache, other);

    public bool HasOther => _other is not null;

    [Cached(Cache = nameof(_cache))]
    public partial Task<string> TypeAsync();

    private static Task<string> TypeCoreAsync() => Task.FromResult(typeof(TKey).Name);
}
