namespace OrleansTagCache;

/// <summary>An error of the cache itself. A reader gets one only when its own factory could not serve it either.</summary>
public class TagCacheException : Exception
{
    /// <summary>An error without a message.</summary>
    public TagCacheException()
    {
    }

    /// <summary>An error with a message.</summary>
    /// <param name="message">The message.</param>
    public TagCacheException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a message and its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public TagCacheException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Not every process has confirmed an update in time. The update may or may not have happened; retrying is safe.</summary>
public sealed class TagUpdateIncompleteException : TagCacheException
{
    /// <summary>An incomplete update.</summary>
    public TagUpdateIncompleteException()
    {
    }

    /// <summary>An incomplete update, with a message.</summary>
    /// <param name="message">The message.</param>
    public TagUpdateIncompleteException(string message)
        : base(message)
    {
    }

    /// <summary>An incomplete update, with a message and its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public TagUpdateIncompleteException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The cluster could not be reached by a call that no factory can serve.</summary>
public sealed class TagCacheUnavailableException : TagCacheException
{
    /// <summary>The cluster could not be reached.</summary>
    public TagCacheUnavailableException()
    {
    }

    /// <summary>The cluster could not be reached, with a message.</summary>
    /// <param name="message">The message.</param>
    public TagCacheUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The cluster could not be reached, with a message and its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public TagCacheUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// This process and a silo of the cluster have no version of the protocol in common. A silo does not join such a cluster; a client goes on without the cache, and this is the inner exception of
/// what its sets, removals, updates and revalidations throw. The message names both versions.
/// </summary>
public sealed class TagCacheVersionException : TagCacheException
{
    /// <summary>No version is in common.</summary>
    public TagCacheVersionException()
    {
    }

    /// <summary>No version is in common, with a message.</summary>
    /// <param name="message">The message.</param>
    public TagCacheVersionException(string message)
        : base(message)
    {
    }

    /// <summary>No version is in common, with a message and its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public TagCacheVersionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A tag was to be updated outside a server action. Nothing has happened.</summary>
public sealed class ServerActionRequiredException : InvalidOperationException
{
    private const string Text =
        "UpdateTagAsync can only be called from within a server action. To invalidate cache tags in route handlers or other contexts, use RevalidateTagAsync.";

    /// <summary>The error with its usual message.</summary>
    public ServerActionRequiredException()
        : base(Text)
    {
    }

    /// <summary>The error with a message of its own.</summary>
    /// <param name="message">The message.</param>
    public ServerActionRequiredException(string message)
        : base(message)
    {
    }

    /// <summary>The error with a message of its own and its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public ServerActionRequiredException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
