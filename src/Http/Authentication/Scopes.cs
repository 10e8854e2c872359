namespace OrleansTagCache.Http.Authentication;

/// <summary>What a caller may do. One does not imply another.</summary>
[Flags]
internal enum Scopes
{
    None = 0,

    /// <summary>Read entries, and look at tags and their dependents.</summary>
    Read = 1,

    /// <summary>Store and remove entries, and be the one who makes a missing one.</summary>
    Write = 2,

    /// <summary>Update and revalidate tags.</summary>
    Invalidate = 4,

    /// <summary>Look at the cluster as a whole, and at its metrics.</summary>
    Admin = 8,
}

/// <summary>Reads and writes scopes as people do: <c>read,write</c>.</summary>
internal static class ScopeNames
{
    public const string Known = "read, write, invalidate, admin";

    public const Scopes All = Scopes.Read | Scopes.Write | Scopes.Invalidate | Scopes.Admin;

    public static bool TryParse(string? text, out Scopes scopes)
    {
        scopes = Scopes.None;
        foreach (var name in (text ?? string.Empty).Split(',', StringSplitOptions.TrimEntries))
        {
            var scope = name switch
            {
                "read" => Scopes.Read,
                "write" => Scopes.Write,
                "invalidate" => Scopes.Invalidate,
                "admin" => Scopes.Admin,
                _ => Scopes.None,
            };
            if (scope == Scopes.None)
            {
                return false;
            }

            scopes |= scope;
        }

        return true;
    }

    public static string Of(Scopes scopes) => scopes.ToString().ToLowerInvariant().Replace(" ", string.Empty, StringComparison.Ordinal);
}
