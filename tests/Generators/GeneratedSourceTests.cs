using Microsoft.CodeAnalysis;
using Xunit;

namespace OrleansTagCache.Tests.Generators;

/// <summary>What is generated, and that compilers take it without a word.</summary>
public sealed class GeneratedSourceTests
{
    /// <summary>Sources by the name of what is expected of them.</summary>
    public static TheoryData<string, string> Sources => new()
    {
        {
            "instance",
            """
            namespace Shop.Catalogue;
            public sealed record Product(int Id, string Name);
            public sealed partial class Products(ITagCache cache)
            {
                [Cached(Tags = ["products", "product-{id}"], Life = "hours")]
                public partial ValueTask<Product?> FindAsync(int id, CancellationToken cancellationToken = default);

                private async Task<Product?> FindCoreAsync(int id, CacheContext context, CancellationToken cancellationToken) { await Task.Yield(); context.Tag("x"); return null; }
            }
            """
        },
        {
            "scoped",
            """
            namespace Shop;
            public static partial class Stock
            {
                [Cached(Key = "stock", Version = 3, Tags = ["stock"], NearCache = NearCacheMode.Off, StoreNull = false, EagerRefresh = 0.75, JitterSeconds = 0.5, SlidingSeconds = 90)]
                public static partial Task<int> OfAsync(this ITagCache cache, string? sku, DateTime at);

                private static Task<int> OfCoreAsync(IServiceProvider services, DateTime at, string? sku) => Task.FromResult(1);
            }
            """
        },
        {
            "nested",
            """
            public partial record struct Shop<TKey>(ITagCache Cache) where TKey : struct
            {
                public sealed record Query(string? Text, (int From, int To)? Range, Guid[]? Ids, IReadOnlyList<DayOfWeek> Days);

                internal partial class Search<T>
                {
                    private static ITagCache @static => throw new NotSupportedException();

                    [Cached(Body = nameof(Run), Tags = ["{{a}}\"\\ {class.Text}-{class.Range.From:D4}"])]
                    protected internal virtual partial Task<T?> RunAsync<U>(Query @class, [NotInKey] U? other, params int?[] numbers) where U : class, IDisposable, new();

                    private static Task<T?> Run<V>(Query @class, V? other, int?[] numbers) where V : class, IDisposable, new() => Task.FromResult<T?>(default);
                }
            }
            """
        },
    };

    [Theory]
    [MemberData(nameof(Sources))]
    public void Source_IsAsExpected(string name, string source)
    {
        var compiled = Compiled.From(source);
        var (expected, path) = (string.Empty, Path.Combine(Repository.Root, "tests", "Generators", "Expected", $"{name}.txt"));
        var actual = string.Concat(compiled.Sources.Select(generated => $"// {generated.Key}\n{generated.Value}"));
        if (Environment.GetEnvironmentVariable("WRITE_EXPECTED") is not null)
        {
            File.WriteAllText(path, actual);
        }

        expected = File.ReadAllText(path);
        Assert.True(!compiled.Said.Any(), string.Join(Environment.NewLine, compiled.Said));
        Assert.Equal(expected, actual);
    }

    [Theory]
    [InlineData("a struct", "partial struct S(ITagCache c) { [Cached] public readonly partial Task<int> GetAsync(); static Task<int> GetCoreAsync() => null!; }")]
    [InlineData("an override", "abstract class B { public abstract Task<int> GetAsync(); } partial class D(ITagCache c) : B { [Cached] public sealed override partial Task<int> GetAsync(); Task<int> GetCoreAsync() => null!; }")]
    [InlineData("a cache of the base type", "class B { protected ITagCache Cache { get; } = null!; } partial class D : B { [Cached] public partial Task<int> GetAsync(); Task<int> GetCoreAsync() => null!; }")]
    [InlineData("a field before a parameter", "partial class D(ITagCache cache) { readonly ITagCache _cache = cache; [Cached] public partial Task<int> GetAsync(); Task<int> GetCoreAsync() => null!; }")]
    [InlineData("a named one of two", "partial class D(ITagCache a, ITagCache b) { [Cached(Cache = nameof(b))] public partial Task<int> GetAsync(); Task<int> GetCoreAsync() => null!; public ITagCache Other() => a; }")]
    [InlineData("names that the code uses", "partial class D(ITagCache cache) { [Cached(Tags = [\"{key}\"])] public partial Task<int> GetAsync(string key, int options, [NotInKey] object state, CancellationToken context); Task<int> GetCoreAsync(string key, object state, int options, CancellationToken token) => null!; }")]
    [InlineData("without nullability", "#nullable disable\npartial class D { ITagCache _cache = null; [Cached] public partial Task<string> GetAsync(string id); Task<string> GetCoreAsync(string id) => null; }")]
    [InlineData("what is obsolete", "[Obsolete] enum Old { A } partial class D(ITagCache cache) {\n#pragma warning disable CS0612\n[Cached] public partial Task<int> GetAsync(Old id); Task<int> GetCoreAsync(Old id) => null!;\n#pragma warning restore CS0612\n}")]
    [InlineData("many parameters", "partial class D(ITagCache cache) { [Cached] public partial Task<int> GetAsync(int a, int b, int c, int d, int e, int f, int g, int h, int i); Task<int> GetCoreAsync(int a, int b, int c, int d, int e, int f, int g, int h, int i) => null!; }")]
    [InlineData("every type", "partial class D(ITagCache cache) { [Cached] public partial Task<int> GetAsync(bool a, char b, byte c, sbyte d, ulong e, decimal f, double g, Half h, Int128 i, Guid j, TimeSpan k, DateTimeOffset l, TimeOnly m, Uri n, Version o, DayOfWeek? p, (int, string?) q, System.Numerics.BigInteger r, List<string?[]> s); Task<int> GetCoreAsync(bool a, char b, byte c, sbyte d, ulong e, decimal f, double g, Half h, Int128 i, Guid j, TimeSpan k, DateTimeOffset l, TimeOnly m, Uri n, Version o, DayOfWeek? p, (int, string?) q, System.Numerics.BigInteger r, List<string?[]> s) => null!; }")]
    public void Compiler_HasNothingToSayOf(string what, string source)
    {
        var compiled = Compiled.From(source);

        Assert.True(!compiled.Said.Any(), string.Join(Environment.NewLine, compiled.Said));
        Assert.True(compiled.Sources.Count == 1, what);
    }
}
