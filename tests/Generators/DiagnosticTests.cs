using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Xunit;

namespace OrleansTagCache.Tests.Generators;

/// <summary>Wrong use, and what is said of it.</summary>
public sealed class DiagnosticTests
{
    /// <summary>The members of a class that has a cache, and all that is said of them.</summary>
    public static TheoryData<string, string> Members => new()
    {
        {
            "[Cached] public Task<int> GetAsync(int id) => Task.FromResult(id);",
            "OTC0001: Declare 'GetAsync' as partial and without a body: the implementation is generated, and calls the method 'GetCoreAsync' on a miss"
        },
        {
            "[Cached] public partial Task<int> GetAsync(int id); public partial Task<int> GetAsync(int id) => Task.FromResult(id);",
            "OTC0001: Declare 'GetAsync' as partial and without a body: the implementation is generated, and calls the method 'GetCoreAsync' on a miss"
        },
        { "[Cached] public partial int Get(int id); int GetCore(int id) => id;", "OTC0003: 'Get' returns 'int'; a cached method returns Task<T> or ValueTask<T>, since a read may wait for another process" },
        { "[Cached] public partial Task GetAsync(int id); Task GetCoreAsync(int id) => Task.CompletedTask;", "OTC0003: 'GetAsync' returns 'Task'; a cached method returns Task<T> or ValueTask<T>, since a read may wait for another process" },
        {
            "[Cached] public partial IAsyncEnumerable<int> GetAsync(int id);",
            "OTC0003: 'GetAsync' returns 'IAsyncEnumerable<int>'; a cached method returns Task<T> or ValueTask<T>, since a read may wait for another process"
        },
        {
            "[Cached] public partial Task<System.IO.MemoryStream> GetAsync(int id); Task<System.IO.MemoryStream> GetCoreAsync(int id) => null!;",
            "OTC0004: 'GetAsync' returns 'MemoryStream', which cannot be stored; return what it yields, as a list, an array or a record"
        },
        {
            "[Cached] public partial Task<IQueryable<int>> GetAsync(int id); Task<IQueryable<int>> GetCoreAsync(int id) => null!;",
            "OTC0004: 'GetAsync' returns 'IQueryable<int>', which cannot be stored; return what it yields, as a list, an array or a record"
        },
        {
            "[Cached] public partial Task<Func<int>> GetAsync(int id); Task<Func<int>> GetCoreAsync(int id) => null!;",
            "OTC0004: 'GetAsync' returns 'Func<int>', which cannot be stored; return what it yields, as a list, an array or a record"
        },
        {
            "[Cached] public static partial Task<int> GetAsync(int id); static Task<int> GetCoreAsync(int id) => null!;",
            "OTC0005: 'GetAsync' finds no cache: add a parameter of type ITagCache"
        },
        {
            "[Cached(Cache = \"_id\")] public partial Task<int> GetAsync(int id); Task<int> GetCoreAsync(int id) => null!;",
            "OTC0005: 'GetAsync' finds no cache: '_id' is no field, property or parameter of type ITagCache that it can use"
        },
        {
            "ITagCache _b; ITagCache A => _b; [Cached] public partial Task<int> GetAsync(int id); Task<int> GetCoreAsync(int id) => null!;",
            "OTC0006: 'GetAsync' may use 'this._b' and 'this.A'; name one with Cache = nameof(...)"
        },
        { Of("object id"), NotAKey("id", "'object' is a class, whose identity is not its state") },
        { Of("IServiceProvider id"), NotAKey("id", "the state of 'IServiceProvider' is not known") },
        { Of("Action id"), NotAKey("id", "the state of 'Action' is not known") },
        { Of("int[,] id"), NotAKey("id", "'int[*,*]' has several dimensions") },
        { Of("HashSet<int> id"), NotAKey("id", "'HashSet<int>' is a class, whose identity is not its state") },
        { Of("IEnumerable<int> id"), NotAKey("id", "the state of 'IEnumerable<int>' is not known") },
        { Of("List<object> id"), NotAKey("id", "'object' is a class, whose identity is not its state") },
        { Of("ReadOnlyMemory<byte> id"), NotAKey("id", "'ReadOnlyMemory<byte>' has no form in a key") },
        { $"record Open(int A); {Of("Open id")}", NotAKey("id", "the record 'Products.Open' is not sealed: one that derives from it may have more state") },
        { $"sealed record Hidden(int A) {{ private int _b; }} {Of("Hidden id")}", NotAKey("id", "'Products.Hidden' has the state '_b', which cannot be read here") },
        { $"sealed record Empty; {Of("Empty id")}", NotAKey("id", "'Products.Empty' has no state") },
        { $"sealed record Node(int A, Node? Next); {Of("Node id")}", NotAKey("id", "'Products.Node?' contains itself") },
        { $"struct Captures(int a) {{ public int A() => a; }} {Of("Captures id")}", NotAKey("id", "'Products.Captures' has the state '<a>P', which cannot be read here") },
        { "[Cached] public partial Task<T> GetAsync<T>(T id); Task<T> GetCoreAsync<T>(T id) => null!;", NotAKey("id", "'T' may be any type") },
        { "[Cached] public partial Task<int> GetAsync(ref int id); Task<int> GetCoreAsync(int id) => null!;", "OTC0008: 'id' is passed by reference or is a ref struct; the body may run after the call has returned" },
        { "[Cached] public partial Task<int> GetAsync(in int id); Task<int> GetCoreAsync(int id) => null!;", "OTC0008: 'id' is passed by reference or is a ref struct; the body may run after the call has returned" },
        {
            "[Cached] public partial Task<int> GetAsync([NotInKey] ReadOnlySpan<char> id); Task<int> GetCoreAsync() => null!;",
            "OTC0008: 'id' is passed by reference or is a ref struct; the body may run after the call has returned"
        },
        { "[Cached] public partial Task<int> GetAsync(CancellationToken a, CancellationToken b); Task<int> GetCoreAsync() => null!;", "OTC0009: 'GetAsync' has several parameters of type CancellationToken" },
        { "[Cached] public partial Task<int> GetAsync(int id);", "OTC0010: There is no method 'GetCoreAsync' in 'Products' that makes the value of 'GetAsync' on a miss; write it, or name another with Body = nameof(...)" },
        {
            "[Cached(Body = \"Load\")] public partial Task<int> Get(int id); Task<int> GetCore(int id) => null!;",
            "OTC0010: There is no method 'Load' in 'Products' that makes the value of 'Get' on a miss; write it, or name another with Body = nameof(...)"
        },
        { Body("Task<int> GetCoreAsync() => null!;"), WrongBody("it does not take 'id', which is part of the key") },
        { Body("Task<int> GetCoreAsync(long id) => null!;"), WrongBody("its parameter 'id' is a 'long', not a 'int'") },
        { Body("Task<int> GetCoreAsync(int id, int other) => null!;"), WrongBody("its parameter 'other' is not one of 'GetAsync'") },
        { Body("Task<int> GetCoreAsync(in int id) => null!;"), WrongBody("its parameter 'id' is passed by reference") },
        { Body("Task<int> GetCoreAsync<T>(int id) => null!;"), WrongBody("it has 1 type parameters, not 0") },
        { Body("Task<long> GetCoreAsync(int id) => null!;"), WrongBody("it returns 'Task<long>', not a Task or ValueTask of 'int'") },
        { Body("int GetCoreAsync(int id) => id;"), WrongBody("it returns 'int', not a Task or ValueTask of 'int'") },
        { "[Cached] public static partial Task<int> GetAsync(ITagCache cache, int id); Task<int> GetCoreAsync(int id) => null!;", WrongBody("it is not static") },
        { Body("Task<int> GetCoreAsync(int id) => null!; ValueTask<int> GetCoreAsync(int id, CacheContext context) => default;"), "OTC0012: Several methods 'GetCoreAsync' fit 'GetAsync'; give one another name, and name it with Body = nameof(...)" },
        { Body("protected virtual Task<int> GetCoreAsync(int id) => null!;"), "OTC0013: 'GetCoreAsync' is virtual, abstract or an override: objects of two types would share the entries of 'GetAsync'" },
        { Body("Task<int> GetCoreAsync(int id, IServiceProvider services) => null!;"), Scoped("make it static, and take from the services what it needs") },
        {
            "[Cached] public partial Task<int> GetAsync(int id, [NotInKey] Random random); static Task<int> GetCoreAsync(int id, Random random, IServiceProvider services) => null!;",
            Scoped("take 'random' from the services")
        },
        { Tagged("a-{none}"), "OTC0015: The tag \"a-{none}\" is not valid: 'none' is not a parameter that is part of the key" },
        { Tagged("a-{random}"), "OTC0015: The tag \"a-{random}\" is not valid: 'random' is not a parameter that is part of the key" },
        { Tagged("a-{id.Value}"), "OTC0015: The tag \"a-{id.Value}\" is not valid: 'int' has no property 'Value'" },
        { Tagged("a-{ids}"), "OTC0015: The tag \"a-{ids}\" is not valid: 'ids' is a 'int[]', which is not one text; name a property of it, or add the tags in the body" },
        { Tagged("a-{id"), "OTC0015: The tag \"a-{id\" is not valid: the brace at unit 2 has no partner; write two for a brace in the tag" },
        { Tagged("a-}"), "OTC0015: The tag \"a-}\" is not valid: the brace at unit 2 has no partner; write two for a brace in the tag" },
        { Tagged("{id:}"), "OTC0015: The tag \"{id:}\" is not valid: 'id:' has no format that can be used" },
        { Tagged(""), "OTC0015: The tag \"\" is not valid: it is empty" },
        { Tagged("*"), "OTC0015: The tag \"*\" is not valid: every entry has the tag * by itself" },
        { Tagged("\\t"), "OTC0015: The tag \"\t\" is not valid: it has the control character U+0009" },
        { Tagged(new('a', 257)), $"OTC0015: The tag \"{new('a', 257)}\" is not valid: it has 257 UTF-16 units; at most 256 are allowed" },
        { Set("Key = \"a:b\""), "OTC0016: Key must have 1 to 256 UTF-16 units, without ':', '#', control characters and surrogates" },
        { Set("Key = \"\""), "OTC0016: Key must have 1 to 256 UTF-16 units, without ':', '#', control characters and surrogates" },
        { Set("Version = -1"), "OTC0016: Version must not be negative" },
        { Set("Life = \" \""), "OTC0016: Life must be the name of a profile" },
        { Set($"Tags = new[] {{ {string.Join(", ", Enumerable.Repeat("\"a\"", 129))} }}"), "OTC0016: Tags must be at most 128" },
        { Set("FailSafeSeconds = -1"), "OTC0016: FailSafeSeconds must not be negative, and must be a duration" },
        { Set("SlidingSeconds = -1"), "OTC0016: SlidingSeconds must not be negative, and must be a duration" },
        { Set("EagerRefresh = 0.4"), "OTC0016: EagerRefresh must be from 0.5 to 0.95, or zero" },
        { Set("EagerRefresh = double.NaN"), "OTC0016: EagerRefresh must be from 0.5 to 0.95, or zero" },
        { Set("JitterSeconds = double.NaN"), "OTC0016: JitterSeconds must not be negative, and must be a duration" },
        { Set("FactorySoftTimeoutSeconds = 86401"), "OTC0016: FactorySoftTimeoutSeconds must not be negative, and at most a day" },
        { Set("FactoryHardTimeoutSeconds = -1"), "OTC0016: FactoryHardTimeoutSeconds must not be negative, and at most a day" },
        {
            "[Cached(Key = \"a\")] public partial Task<int> GetAsync(int id); Task<int> GetCoreAsync(int id) => null!; [Cached(Key = \"a\")] public partial Task<int> FindAsync(int id); Task<int> FindCoreAsync(int id) => null!;",
            "OTC0017: 'Products.GetAsync' and 'Products.FindAsync' have the key \"a\"; give one of them another Key or Version"
        },
        {
            "[Cached] public partial Task<int> GetAsync(int id); [Cached] public partial Task<int> GetAsync(int id, [NotInKey] Random random); static Task<int> GetCoreAsync(int id) => null!;",
            "OTC0017: 'Products.GetAsync' and 'Products.GetAsync' have the key \"Shop.Products.GetAsync(int)\"; give one of them another Key or Version"
        },
    };

    /// <summary>Whole types, and what is said of them.</summary>
    public static TheoryData<string, string> Types => new()
    {
        { $"class Products(ITagCache cache) {{ {Body("Task<int> GetCoreAsync(int id) => null!;")} }}", "OTC0002: 'Products' cannot have cached methods: it is not partial" },
        { $"class Shop {{ partial class Products(ITagCache cache) {{ {Body("Task<int> GetCoreAsync(int id) => null!;")} }} }}", "OTC0002: 'Shop' cannot have cached methods: it is not partial" },
        { "partial interface IProducts { [Cached] public partial Task<int> GetAsync(int id); }", "OTC0002: 'IProducts' cannot have cached methods: it is no class, record or struct" },
        { $"ref partial struct Products(ITagCache cache) {{ {Body("static Task<int> GetCoreAsync(int id) => null!;")} }}", "OTC0002: 'Products' cannot have cached methods: it is a ref struct" },
        { $"file partial class Products(ITagCache cache) {{ {Body("Task<int> GetCoreAsync(int id) => null!;")} }}", "OTC0002: 'Products' cannot have cached methods: it is local to its file" },
        { $"partial class Products {{ {Body("Task<int> GetCoreAsync(int id) => null!;")} }}", "OTC0005: 'GetAsync' finds no cache: add a field, a parameter of the primary constructor, or a parameter of the method of type ITagCache" },
    };

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_ThatIsWrong_IsRefusedWithTheReason(string members, string said)
    {
        var isOwner = members.Contains("ITagCache _b", StringComparison.Ordinal);
        Assert.Equal([said], Said($"namespace Shop; partial class Products({(isOwner ? string.Empty : "ITagCache cache")}) {{ {members} }}"));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Type_ThatIsWrong_IsRefusedWithTheReason(string type, string said) => Assert.Equal([said], Said(type));

    /// <summary>Apart from the others: a runner cannot name a test by it.</summary>
    [Fact]
    public void Tag_WithALoneSurrogate_IsRefused() => Assert.Equal(
        ["OTC0015: The tag \"\ud800x\" is not valid: it has a lone surrogate"], Said($"partial class Products(ITagCache cache) {{ {Tagged("\\ud800x")} }}"));

    [Fact]
    public void Refusal_NamesItsPlace()
    {
        var compiled = Compiled.From("partial class Products(ITagCache cache)\n{\n    [Cached] public partial Task<int> GetAsync(object id);\n    Task<int> GetCoreAsync(object id) => null!;\n}");
        var place = compiled.Diagnostics.Single().Location;

        Assert.Equal("id", compiled.Compilation.SyntaxTrees.First().GetText().ToString(place.SourceSpan));
        Assert.Equal("Source0.cs", place.GetLineSpan().Path);
        Assert.Empty(compiled.Sources);
    }

    /// <summary>What another assembly keeps to itself does not stand in what compilers are given of it.</summary>
    [Theory]
    [InlineData("public sealed record Far(int A) { private int _b; public void Set(int b) => _b = b; }", "the record 'Far' is a class of another assembly, whose private state is not seen; a record struct is")]
    [InlineData("public record struct Far(int A) { private int _b; public void Set(int b) => _b = b; }", "'Far' has the state '_b', which cannot be read here")]
    [InlineData("public record struct Far(int A);", null)]
    public void Type_OfAnotherAssembly_IsAPartOnlyIfItIsSeenWhole(string library, string? fault)
    {
        var compilation = Compiled.Of($"partial class Products(ITagCache cache) {{ {Of("Far id")} }}").AddReferences(Compiled.Library(library));
        Compiled.Driver().RunGeneratorsAndUpdateCompilation(compilation, out var whole, out var diagnostics);

        Assert.Equal(fault is null ? Array.Empty<string>() : [NotAKey("id", fault)], diagnostics.Select(diagnostic => $"{diagnostic.Id}: {diagnostic.GetMessage()}"));
        Assert.Equal(fault is not null, whole.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void EveryDiagnostic_IsSeenHere_AndInTheDocumentation()
    {
        var seen = Members.Concat(Types).Select(row => ((string)row[1])[..7]).Distinct().Order();
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "how-to", "cached-methods.md"));
        var released = Directory.GetFiles(Path.Combine(Repository.Root, "src", "Generators"), "AnalyzerReleases.*.md").SelectMany(File.ReadLines);
        var all = released.Select(line => Regex.Match(line, "^OTC[0-9]{4}").Value).Where(id => id.Length > 0).Order().ToList();

        Assert.Equal(17, all.Count);
        Assert.Equal(all, seen);
        Assert.Equal(all, Regex.Matches(page, "^### (OTC[0-9]{4})$", RegexOptions.Multiline).Select(match => match.Groups[1].Value));
    }

    private static IEnumerable<string> Said(string source) => Compiled.From(source).Diagnostics.Select(diagnostic => $"{diagnostic.Id}: {diagnostic.GetMessage()}");

    private static string Of(string parameter) => $"[Cached] public partial Task<int> GetAsync({parameter}); Task<int> GetCoreAsync({parameter}) => null!;";

    private static string Body(string body) => $"[Cached] public partial Task<int> GetAsync(int id); {body}";

    private static string Set(string settings) => $"[Cached({settings})] public partial Task<int> GetAsync(int id); Task<int> GetCoreAsync(int id) => null!;";

    private static string Tagged(string tag) =>
        $"[Cached(Tags = new[] {{ \"{tag}\" }})] public partial Task<int> GetAsync(int id, int[] ids, [NotInKey] Random random); Task<int> GetCoreAsync(int id, int[] ids) => null!;";

    private static string NotAKey(string parameter, string fault) =>
        $"OTC0007: '{parameter}' cannot be part of the key: {fault}; mark it with [NotInKey] if it does not change the value, or let its type implement ICacheKeyPart";

    private static string WrongBody(string fault) => $"OTC0011: 'GetCoreAsync' cannot be the body of 'GetAsync': {fault}";

    private static string Scoped(string advice) => $"OTC0014: 'GetCoreAsync' takes an IServiceProvider, so it may run when the caller has gone: {advice}";
}
