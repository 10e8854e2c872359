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

    /// <summary>Begins a server action.</summary>
    /// <returns>The action; disposing it ends the action.</returns>
    public static IDisposable Begin() => Ambient.Value = new(Ambient.Value);

    private sealed class Scope(Scope? outer) : IDisposable
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
}
