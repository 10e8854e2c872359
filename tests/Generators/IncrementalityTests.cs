using Microsoft.CodeAnalysis;
using OrleansTagCache.Generators;
using Xunit;

namespace OrleansTagCache.Tests.Generators;

/// <summary>What is typed elsewhere writes nothing anew.</summary>
public sealed class IncrementalityTests
{
    private const string Other = "class Other { int Id => 1; }";
    private const string Bodies = "partial class Products { Task<int> GetCoreAsync(int id) => null!; Task<int> FindCoreAsync(int id) => null!; }";
    private const string Methods = "partial class Products(ITagCache cache) { [Cached] public partial Task<int> GetAsync(int id); [Cached(Life = \"hours\")] public partial Task<int> FindAsync(int id); }";

    [Theory]
    [InlineData(0, "class Other { int Id => 2; } // and more")]
    [InlineData(1, "partial class Products { /* moved */ Task<int> GetCoreAsync(int id) => Task.FromResult(2); Task<int> FindCoreAsync(int id) => null!; }")]
    [InlineData(2, "/* moved */ partial class Products(ITagCache cache) { [Cached] public partial Task<int> GetAsync(int id); [Cached(Life = \"hours\")] public partial Task<int> FindAsync(int id); }")]
    public void Change_OfNothingThatIsWritten_WritesNothing(int tree, string source) => Assert.Equal([false, false], AreWritten(tree, source));

    [Theory]
    [InlineData(1, "partial class Products { ValueTask<int> GetCoreAsync(int id) => default; Task<int> FindCoreAsync(int id) => null!; }")]
    [InlineData(2, "partial class Products(ITagCache cache) { [Cached(Version = 2)] public partial Task<int> GetAsync(int id); [Cached(Life = \"hours\")] public partial Task<int> FindAsync(int id); }")]
    public void Change_OfOneMethod_WritesThatOne(int tree, string source) => Assert.Equal([true, false], AreWritten(tree, source));

    /// <summary>Whether each method is written anew after a change.</summary>
    private static IEnumerable<bool> AreWritten(int changed, string source)
    {
        var compilation = Compiled.Of(Other, Bodies, Methods);
        var driver = Compiled.Driver().RunGenerators(compilation);
        driver = driver.RunGenerators(compilation.ReplaceSyntaxTree(compilation.SyntaxTrees[changed], Compiled.Tree(source, changed)));
        return driver.GetRunResult().Results.Single().TrackedSteps[CachedGenerator.Written].SelectMany(step => step.Outputs)
            .Select(output => output.Reason is not (IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged));
    }
}
