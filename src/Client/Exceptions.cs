namespace OrleansTagCache;

/// <summary>A fault of the cache itself. A reader gets one only when its own factory could not serve it either.</summary>
public class TagCacheException : Exception
{
    /// <summary>A fault without a message.</summary>
    public TagCacheException()
    {
    }

    /// <summary>A fault with a message.</summary>
    public TagCacheException(string message)
        : base(message)
    {
    }

    /// <summary>A fault with a message and its cause.</summary>
    public TagCacheException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Not every process has confirmed an update within its time. It may or may not have happened; retrying is safe.</summary>
public sealed class TagUpdateIncompleteException : TagCacheException
{
    /// <summary>An incomplete update.</summary>
    public TagUpdateIncompleteException()
    {
    }

    /// <summary>An incomplete update, with a message.</summary>
    public TagUpdateIncompleteException(string message)
        : base(message)
    {
    }

    /// <summary>An incomplete update, with a message and its cause.</summary>
    public TagUpdateIncompleteException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>The cluster could not be reached, by a call that no factory can serve.</summary>
public sealed class TagCacheUnavailableException : TagCacheException
{
    /// <summary>The cluster could not be reached.</summary>
    public TagCacheUnavailableException()
    {
    }

    /// <summary>The cluster could not be reached, with a message.</summary>
    public TagCacheUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>The cluster could not be reached, with a message and its cause.</summary>
    public TagCacheUnavailableException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>An update was called outside of a server action. Nothing has happened.</summary>
public sealed class ServerActionRequiredException : InvalidOperationException
{
    private const string Text =
        "UpdateTagAsync can only be called from within a server action. To invalidate cache tags in route handlers or other contexts, use RevalidateTagAsync.";

    /// <summary>The error as the contract words it.</summary>
    public ServerActionRequiredException()
        : base(Text)
    {
    }

    /// <summary>The error with a message of its own.</summary>
    public ServerActionRequiredException(string message)
        : base(message)
    {
    }

    /// <summary>The error with a message of its own and its cause.</summary>
    public ServerActionRequiredException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
