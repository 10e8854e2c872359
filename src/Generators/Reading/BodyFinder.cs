using Microsoft.CodeAnalysis;
using OrleansTagCache.Generators.Models;

namespace OrleansTagCache.Generators.Reading;

/// <summary>Finds the method that makes the value on a miss.</summary>
internal sealed class BodyFinder(IMethodSymbol method, ITypeSymbol value, IReadOnlyList<IParameterSymbol> ofKey, KnownTypes known)
{
    private const string Async = "Async";

    /// <summary>The name that the body has unless the attribute names another.</summary>
    public static string NameFor(string method) => method.EndsWith(Async, StringComparison.Ordinal) && method.Length > Async.Length
        ? $"{method.Substring(0, method.Length - Async.Length)}Core{Async}"
        : $"{method}Core";

    /// <summary>Returns the body, or null after saying why there is none.</summary>
    public CachedBody? Find(string name, Action<DiagnosticDescriptor, string[]> refuse)
    {
        var candidates = method.ContainingType.GetMembers(name).OfType<IMethodSymbol>()
            .Where(candidate => candidate.MethodKind == MethodKind.Ordinary && !SymbolEqualityComparer.Default.Equals(candidate, method))
            .Select(candidate => candidate.Arity > 0 && candidate.Arity == method.Arity ? candidate.Construct([.. method.TypeParameters]) : candidate).ToList();
        if (candidates.Count == 0)
        {
            refuse(CachedDiagnostics.NoBody, [method.Name, name, method.ContainingType.Name]);
            return null;
        }

        var faults = candidates.ConvertAll(Fault);
        var fitting = candidates.Where((_, i) => faults[i] is null).ToList();
        if (fitting.Count != 1)
        {
            refuse(
                fitting.Count == 0 ? CachedDiagnostics.WrongBody : CachedDiagnostics.SeveralBodies,
                fitting.Count == 0 ? [method.Name, name, faults[0]!] : [method.Name, name]);
            return null;
        }

        return Accept(fitting[0], refuse);
    }

    private CachedBody? Accept(IMethodSymbol body, Action<DiagnosticDescriptor, string[]> refuse)
    {
        if (body.IsVirtual || body.IsAbstract || body.IsOverride)
        {
            refuse(CachedDiagnostics.OverridableBody, [method.Name, body.Name]);
            return null;
        }

        var arguments = body.Parameters.Select(parameter => new BodyArgument(parameter.Name, SourceOf(parameter)!.Value, ParameterFor(parameter)?.Name)).ToList();
        var isScoped = arguments.Exists(argument => argument.Source == ArgumentSource.Services);
        if (isScoped && !body.IsStatic)
        {
            refuse(CachedDiagnostics.ScopedBodyTakesFromCaller, [method.Name, body.Name, "make it static, and take from the services what it needs"]);
            return null;
        }

        if (isScoped && arguments.Find(argument => argument.Parameter is { } name && !ofKey.Any(parameter => parameter.Name == name) && !IsCache(name)) is { } ofCaller)
        {
            refuse(CachedDiagnostics.ScopedBodyTakesFromCaller, [method.Name, body.Name, $"take '{ofCaller.Name}' from the services"]);
            return null;
        }

        var call = body.Arity == 0 ? Names.Escaped(body.Name) : $"{Names.Escaped(body.Name)}<{string.Join(", ", method.TypeParameters.Select(parameter => Names.Escaped(parameter.Name)))}>";
        return new(call, !body.IsStatic, IsTask(body.ReturnType), isScoped, new(arguments));
    }

    /// <summary>Says why the method cannot be the body, or null if it can.</summary>
    private string? Fault(IMethodSymbol candidate)
    {
        if (candidate.Arity != method.Arity)
        {
            return $"it has {candidate.Arity} type parameters, not {method.Arity}";
        }

        if (!candidate.IsStatic && method.IsStatic)
        {
            return "it is not static";
        }

        if (candidate.ReturnType is not INamedTypeSymbol { TypeArguments.Length: 1 } returned
            || !(IsTask(returned) || KnownTypes.Same(returned.OriginalDefinition, known.ValueTask)) || !KnownTypes.Same(returned.TypeArguments[0], value))
        {
            return $"it returns '{Names.Said(candidate.ReturnType)}', not a Task or ValueTask of '{Names.Said(value)}'";
        }

        foreach (var parameter in candidate.Parameters)
        {
            if (parameter.RefKind != RefKind.None)
            {
                return $"its parameter '{parameter.Name}' is passed by reference";
            }

            if (SourceOf(parameter) is null)
            {
                return method.Parameters.FirstOrDefault(other => other.Name == parameter.Name) is { } other
                    ? $"its parameter '{parameter.Name}' is a '{Names.Said(parameter.Type)}', not a '{Names.Said(other.Type)}'"
                    : $"its parameter '{parameter.Name}' is not one of '{method.Name}'";
            }
        }

        return ofKey.FirstOrDefault(part => candidate.Parameters.All(parameter => parameter.Name != part.Name)) is { } missing
            ? $"it does not take '{missing.Name}', which is part of the key"
            : null;
    }

    private ArgumentSource? SourceOf(IParameterSymbol parameter) =>
        KnownTypes.Same(parameter.Type, known.CancellationToken) ? ArgumentSource.Cancellation
        : KnownTypes.Same(parameter.Type, known.Context) ? ArgumentSource.Context
        : ParameterFor(parameter) is not null ? ArgumentSource.Parameter
        : KnownTypes.Same(parameter.Type, known.Services) ? ArgumentSource.Services
        : null;

    private IParameterSymbol? ParameterFor(IParameterSymbol parameter) =>
        method.Parameters.FirstOrDefault(other => other.Name == parameter.Name && KnownTypes.Same(other.Type, parameter.Type) && !KnownTypes.Same(other.Type, known.CancellationToken));

    private bool IsCache(string name) => method.Parameters.Any(parameter => parameter.Name == name && known.IsCache(parameter.Type));

    private bool IsTask(ITypeSymbol type) => KnownTypes.Same(type.OriginalDefinition, known.Task);
}
