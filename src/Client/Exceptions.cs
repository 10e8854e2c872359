namespace OrleansTagCache;

/// <summary>An error of the cache itself. A reader gets one only when its own factory could not serve it either.</summary>
public class TagCacheException : Exception
{
    /// <summary>Where it is told how such errors are read.</summary>
    private const string Page = "docs/reference/errors.md#how-to-read-a-time-out";

    /// <summary>What it is, for programs: a constant of <see cref="CacheErrorCodes"/>. Codes stay; texts may change.</summary>
    public string Code { get => field ?? DefaultCode; init; }

    private protected virtual string DefaultCode => CacheErrorCodes.Error;

    /// <summary>What was waited for, how long, and how this process was; null if nothing was waited for. The message tells it too.</summary>
    public WaitReport? Report { get; init; }

    /// <summary>The message, and the <see cref="Report"/> if there is one. It never names keys, tags or values.</summary>
    public override string Message => Report is null ? base.Message : $"{base.Message} {Report} How to read it: {Page}";

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
    private protected override string DefaultCode => CacheErrorCodes.UpdateIncomplete;

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
    private protected override string DefaultCode => CacheErrorCodes.Unreachable;

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
    private protected override string DefaultCode => CacheErrorCodes.VersionRefused;

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

/// <summary>The codes of <see cref="TagCacheException.Code"/>, for programs that decide by them.</summary>
public static class CacheErrorCodes
{
    /// <summary>An error without a code of its own.</summary>
    public const string Error = "error";

    /// <summary>Not every process has confirmed an update, a set or a removal; it may or may not have happened.</summary>
    public const string UpdateIncomplete = "update_incomplete";

    /// <summary>The cluster did not answer in the time that the call was tried.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The silo that was asked has no valid serving lease, and serves nothing that is stored.</summary>
    public const string NotServing = "not_serving";

    /// <summary>This process has not connected to the cluster yet; nothing was sent.</summary>
    public const string NotConnected = "not_connected";

    /// <summary>The host of this process is stopping, or has stopped.</summary>
    public const string Stopping = "stopping";

    /// <summary>This process and a silo have no version of the protocol in common; nothing was sent.</summary>
    public const string VersionRefused = "version_refused";

    /// <summary>A hold could not be had in its time: the silos refused it, or some process did not acknowledge. The message says which.</summary>
    public const string HoldRefused = "hold_refused";

    /// <summary>Some silos did not answer, so that a list would not be whole.</summary>
    public const string ListIncomplete = "list_incomplete";

    /// <summary>The process that runs a loader did not answer in <see cref="TagCacheClientOptions.LoadTimeout"/>.</summary>
    public const string LoadUnanswered = "load_unanswered";

    /// <summary>No process of the cluster offers the loader.</summary>
    public const string NoLoader = "no_loader";

    /// <summary>A loader failed in the process that runs it, or made something that cannot be read.</summary>
    public const string LoadFailed = "load_failed";
}
