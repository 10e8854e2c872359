using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using OrleansTagCache.Generators.Models;
using OrleansTagCache.Generators.Reading;
using OrleansTagCache.Generators.Writing;

namespace OrleansTagCache.Generators;

/// <summary>
/// Implements partial methods that have <c>[Cached]</c>. A method is read on every change of the compilation, since its body and its cache stand elsewhere; it is written only if what was read has changed.
/// </summary>
[Generator]
public sealed class CachedGenerator : IIncrementalGenerator
{
    internal const string Written = "Written";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var read = context.SyntaxProvider.ForAttributeWithMetadataName(
            KnownTypes.Attribute, static (node, _) => node is MethodDeclarationSyntax, static (found, cancellationToken) => MethodReader.Read(found, cancellationToken));

        var methods = read.Where(static method => method.Method is not null).Select(static (method, _) => method.Method!).WithTrackingName(Written);
        context.RegisterSourceOutput(methods, static (output, method) => output.AddSource(method.FileName, SourceText.From(MethodWriter.Write(method), Encoding.UTF8)));

        context.RegisterSourceOutput(read.SelectMany(static (method, _) => method.Findings), static (output, finding) => output.ReportDiagnostic(finding.ToDiagnostic()));

        var keys = read.Where(static method => method.Key is not null).Select(static (method, _) => method.Key!).Collect();
        context.RegisterSourceOutput(keys, static (output, owners) => ReportSameKeys(output, owners));
    }

    private static void ReportSameKeys(SourceProductionContext output, ImmutableArray<KeyOwner> owners)
    {
        foreach (var same in owners.GroupBy(owner => owner.Key).Where(group => group.Count() > 1))
        {
            foreach (var owner in same.Skip(1))
            {
                output.ReportDiagnostic(new Finding(CachedDiagnostics.SameKey.Id, owner.Place, new([same.First().Method, owner.Method, same.Key])).ToDiagnostic());
            }
        }
    }
}
