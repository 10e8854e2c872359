namespace OrleansTagCache.Http.Sessions;

/// <summary>What a frame of a session is. docs/reference/session.md has the content of each.</summary>
internal enum FrameKind : byte
{
    /// <summary>From the client, first of all.</summary>
    Hello = 1,

    /// <summary>From the client: reads an entry.</summary>
    Acquire = 2,

    /// <summary>From the client: stores what it made under a token.</summary>
    Commit = 3,

    /// <summary>From the client: gives a token back.</summary>
    Abandon = 4,

    /// <summary>From the client: updates or revalidates tags.</summary>
    Update = 5,

    /// <summary>From the client: it has applied every push up to that number.</summary>
    Acknowledge = 6,

    /// <summary>From the client: a heartbeat.</summary>
    Renew = 7,

    /// <summary>From the client: it has left the session, and serves nothing under it any more.</summary>
    Leave = 8,

    /// <summary>To the client: the answer to <see cref="Hello"/>.</summary>
    Welcome = 64,

    /// <summary>To the client: the answer to <see cref="Acquire"/>.</summary>
    Entry = 65,

    /// <summary>To the client: the answer to the other requests.</summary>
    Done = 66,

    /// <summary>To the client: a request failed.</summary>
    Refused = 67,

    /// <summary>To the client: what it must let go of.</summary>
    Push = 68,

    /// <summary>To the client: it must leave the session, and say so.</summary>
    End = 69,

    /// <summary>To the client: the silos that entries belong to, now that they have changed.</summary>
    Silos = 70,
}

/// <summary>A client that does not keep to the frames: its connection is closed.</summary>
internal sealed class FrameException(string message) : Exception(message);
