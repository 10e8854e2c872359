using Microsoft.CodeAnalysis;

namespace OrleansTagCache.Generators;

/// <summary>What can be wrong with a method that has <c>[Cached]</c>. All are errors: nothing is generated.</summary>
internal static class CachedDiagnostics
{
    /// <summary>The page in the repository.</summary>
    private const string Page = "docs/how-to/cached-methods.md";

    public static readonly DiagnosticDescriptor NotPartial = new(
        "OTC0001", "A cached method must be partial", "Declare '{0}' as partial and without a body: the implementation is generated, and calls the method '{1}' on a miss",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0001");

    public static readonly DiagnosticDescriptor WrongType = new(
        "OTC0002", "The type of a cached method must be a partial class, record or struct", "'{0}' cannot have cached methods: {1}",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0002");

    public static readonly DiagnosticDescriptor NotAsynchronous = new(
        "OTC0003", "A cached method must return Task<T> or ValueTask<T>", "'{0}' returns '{1}'; a cached method returns Task<T> or ValueTask<T>, since a read may wait for another process",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0003");

    public static readonly DiagnosticDescriptor NotAValue = new(
        "OTC0004", "What a cached method returns must be a value", "'{0}' returns '{1}', which cannot be stored; return what it yields, as a list, an array or a record",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0004");

    public static readonly DiagnosticDescriptor NoCache = new(
        "OTC0005", "A cached method needs an ITagCache", "'{0}' finds no cache: {1}",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0005");

    public static readonly DiagnosticDescriptor SeveralCaches = new(
        "OTC0006", "A cached method must say which ITagCache it uses", "'{0}' may use {1}; name one with Cache = nameof(...)",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0006");

    public static readonly DiagnosticDescriptor NotAKey = new(
        "OTC0007", "A parameter cannot be part of a key", "'{0}' cannot be part of the key: {1}; mark it with [NotInKey] if it does not change the value, or let its type implement ICacheKeyPart",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0007");

    public static readonly DiagnosticDescriptor ByReference = new(
        "OTC0008", "A cached method takes its parameters by value", "'{0}' is passed by reference or is a ref struct; the body may run after the call has returned",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0008");

    public static readonly DiagnosticDescriptor SeveralTokens = new(
        "OTC0009", "A cached method has at most one CancellationToken", "'{0}' has several parameters of type CancellationToken",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0009");

    public static readonly DiagnosticDescriptor NoBody = new(
        "OTC0010", "A cached method needs a body", "There is no method '{1}' in '{2}' that makes the value of '{0}' on a miss; write it, or name another with Body = nameof(...)",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0010");

    public static readonly DiagnosticDescriptor WrongBody = new(
        "OTC0011", "The body of a cached method must fit it", "'{1}' cannot be the body of '{0}': {2}",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0011");

    public static readonly DiagnosticDescriptor SeveralBodies = new(
        "OTC0012", "A cached method must have one body", "Several methods '{1}' fit '{0}'; give one another name, and name it with Body = nameof(...)",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0012");

    public static readonly DiagnosticDescriptor OverridableBody = new(
        "OTC0013", "The body of a cached method must not be overridable", "'{1}' is virtual, abstract or an override: objects of two types would share the entries of '{0}'",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0013");

    public static readonly DiagnosticDescriptor ScopedBodyTakesFromCaller = new(
        "OTC0014", "A body with a scope of its own takes nothing of its caller's", "'{1}' takes an IServiceProvider, so it may run when the caller has gone: {2}",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0014");

    public static readonly DiagnosticDescriptor WrongTag = new(
        "OTC0015", "A tag of a cached method must be valid", "The tag \"{0}\" is not valid: {1}",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0015");

    public static readonly DiagnosticDescriptor WrongSetting = new(
        "OTC0016", "A setting of [Cached] is out of range", "{0} {1}",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0016");

    public static readonly DiagnosticDescriptor SameKey = new(
        "OTC0017", "Two cached methods have the same key", "'{0}' and '{1}' have the key \"{2}\"; give one of them another Key or Version",
        "OrleansTagCache", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page + "#otc0017");

    private static readonly Dictionary<string, DiagnosticDescriptor> All = new[]
    {
        NotPartial, WrongType, NotAsynchronous, NotAValue, NoCache, SeveralCaches, NotAKey, ByReference, SeveralTokens, NoBody, WrongBody, SeveralBodies, OverridableBody,
        ScopedBodyTakesFromCaller, WrongTag, WrongSetting, SameKey,
    }.ToDictionary(descriptor => descriptor.Id);

    public static DiagnosticDescriptor ById(string id) => All[id];
}
