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
    internal static bool IsHolding
    {
        get
        {
            for (var scope = Ambient.Value; scope is not null; scope = scope.Outer)
            {
                if (scope.IsHolding)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Notes that the server actions that the calling code is within hold tags, until the result is disposed, once.</summary>
    internal static IDisposable BeginHolding() => new Holding(Ambient.Value);

    /// <summary>Begins a server action.</summary>
    /// <returns>The action; disposing it ends the action.</returns>
    public static IDisposable Begin() => Ambient.Value = new(Ambient.Value);

    private sealed class Scope(Scope? outer) : IDisposable
    {
        private volatile bool _hasEnded;
        private int _holds;

        public Scope? Outer => outer;

        public bool HasEnded => _hasEnded;

        public bool IsHolding => Volatile.Read(ref _holds) > 0;

        /// <summary>One hold more or less: of this action, and of all that it is within.</summary>
        public void CountHolds(int by)
        {
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                Interlocked.Add(ref scope._holds, by);
            }
        }

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
        private Scope? _scope;

        public Holding(Scope? scope)
        {
            _scope = scope;
            scope?.CountHolds(1);
        }

        public void Dispose() => Interlocked.Exchange(ref _scope, null)?.CountHolds(-1);
    }
}
