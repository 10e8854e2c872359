using OrleansTagCache.Http.Limits;

namespace OrleansTagCache.Http.Sessions;

/// <summary>What one answer takes of what may wait for its client to read, from before its value is decoded until it was sent.</summary>
/// <param name="unread">What all answers of the connection may take.</param>
/// <param name="most">How much that is. An answer that has more takes all of it.</param>
/// <remarks>For one flow.</remarks>
internal sealed class UnreadAnswer(Quota unread, long most) : IDisposable
{
    /// <summary>Answers up to this size take nothing: there are no more than requests in flight.</summary>
    public const int Small = 4 * 1024;

    private long _taken;

    /// <summary>Whether there is room for the answer when it has so many bytes. What it has taken already counts.</summary>
    public bool TryReach(long bytes)
    {
        var more = bytes > Small ? Math.Min(bytes, most) - _taken : 0;
        if (more > 0 && !unread.TryTake(more))
        {
            return false;
        }

        _taken += Math.Max(more, 0);
        return true;
    }

    public void Dispose()
    {
        unread.GiveBack(_taken);
        _taken = 0;
    }
}
