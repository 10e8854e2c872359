namespace OrleansTagCache;

/// <summary>
/// The scope in which tags may be updated, as in Next.js, where <c>updateTag</c> is allowed in server actions only: code that has just changed
/// data for a user who wants to see the change.
/// </summary>
/// <remarks>
/// Thread-safe. The scope follows the code across awaits and into work that it starts; it ends with <see cref="IDisposable.Dispose"/> for
/// all of them, so work that outlives the action is outside. Scopes nest.
/// </remarks>
public static class ServerAction
{
    private static readonly AsyncLocal<Scope?> Ambient = new();

    /// <summary>Whether the calling code is within a server action.</summary>
    public static bool IsActive
    {
        get
        {
            for (var scope = Ambient.Value; scope is not null; scope = scope.Outer)
            {
                if (!scope.HasEnded)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>
    /// Whether a server action that the calling code is within holds tags: it may be in a transaction, and what its factories make of that is for nobody else, although nothing of it is stored.
    /// </summary>
    /// <param name="sources">What knows of actions that were not begun by code.</param>
    internal static bool IsHolding(IServerActionSource[] sources)
    {
        for (var scope = Ambient.Value; scope is not null; scope = scope.Outer)
        {
            if (scope.IsHolding)
            {
                return true;
            }
        }

        return Array.Exists(sources, static source => source.Current is { IsHolding: true });
    }

    /// <summary>Notes that the server actions that the calling code is within hold tags, until the result is disposed, once.</summary>
    /// <param name="sources">What knows of actions that were not begun by code.</param>
    internal static IDisposable BeginHolding(params IServerActionSource[] sources) => new Holding([.. ScopesOf(sources)]);

    /// <summary>Begins a server action.</summary>
    /// <returns>The action; disposing it ends the action.</returns>
    public static IDisposable Begin() => Ambient.Value = new(Ambient.Value);

    private static IEnumerable<ActionScope> ScopesOf(IServerActionSource[] sources)
    {
        for (var scope = Ambient.Value; scope is not null; scope = scope.Outer)
        {
            yield return scope;
        }

        foreach (var source in sources)
        {
            if (source.Current is { } current)
            {
                yield return current;
            }
        }
    }

    private sealed class Scope(Scope? outer) : ActionScope, IDisposable
    {
        private volatile bool _hasEnded;

        public Scope? Outer => outer;

        public bool HasEnded => _hasEnded;

        public void Dispose()
        {
            _hasEnded = true;
            if (Ambient.Value == this)
            {
                Ambient.Value = outer;
            }
        }
    }

    private sealed class Holding : IDisposable
    {
        private ActionScope[]? _scopes;

        public Holding(ActionScope[] scopes)
        {
            _scopes = scopes;
            Array.ForEach(scopes, static scope => scope.CountHolds(1));
        }

        public void Dispose() => Array.ForEach(Interlocked.Exchange(ref _scopes, null) ?? [], static scope => scope.CountHolds(-1));
    }
}
