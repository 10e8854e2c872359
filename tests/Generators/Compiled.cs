using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using OrleansTagCache.Generators;

namespace OrleansTagCache.Tests.Generators;

/// <summary>What the compiler makes of a source with the generator.</summary>
internal sealed record Compiled(Compilation Compilation, GeneratorDriverRunResult Result, ImmutableArray<Diagnostic> Diagnostics)
{
    private const string Usings = """
        #nullable enable
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using System.Threading;
        using System.Threading.Tasks;
        using OrleansTagCache;

        """;

    private static readonly CSharpParseOptions Options = new(LanguageVersion.CSharp14);

    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>The generated sources, by name.</summary>
    public IReadOnlyDictionary<string, string> Sources => Result.Results.Single().GeneratedSources.ToDictionary(source => source.HintName, source => source.SourceText.ToString());

    /// <summary>What is said of the source: by the generator, and of the whole by the compiler, hidden things aside.</summary>
    public IEnumerable<string> Said => Diagnostics.Select(diagnostic => $"{diagnostic.Id}: {diagnostic.GetMessage()}")
        .Concat(Compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).Select(diagnostic => diagnostic.ToString()));

    public static Compiled From(params string[] sources)
    {
        var driver = Driver();
        var result = driver.RunGeneratorsAndUpdateCompilation(Of(sources), out var compilation, out var diagnostics);
        return new(compilation, result.GetRunResult(), diagnostics);
    }

    public static GeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new CachedGenerator().AsSourceGenerator()], parseOptions: Options, driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    public static CSharpCompilation Of(params string[] sources) => CSharpCompilation.Create(
        "Shop",
        sources.Select((source, i) => Tree(source, i)),
        References,
        new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    public static SyntaxTree Tree(string source, int number = 0) => CSharpSyntaxTree.ParseText(Usings + source, Options, $"Source{number}.cs");

    /// <summary>A reference to what a source compiles to.</summary>
    public static MetadataReference Library(string source)
    {
        using var image = new MemoryStream();
        var emitted = CSharpCompilation.Create("Library", [Tree(source)], References, new(OutputKind.DynamicallyLinkedLibrary)).Emit(image, options: new(metadataOnly: true, includePrivateMembers: false));
        return emitted.Success ? MetadataReference.CreateFromImage(image.ToArray()) : throw new ArgumentException(string.Join(Environment.NewLine, emitted.Diagnostics), nameof(source));
    }
}
