namespace OrleansTagCache.Http.Tokens;

/// <summary>Somebody who has shown an API key to the operators' page. It names the key and does not hold it.</summary>
/// <param name="KeyId">The name of the key.</param>
/// <param name="KeyPrint">Tells the key from another one of the same name.</param>
/// <param name="Began">When it was signed in.</param>
/// <param name="Ends">When it ends, unless it is renewed before.</param>
internal sealed record UiSession(string KeyId, ulong KeyPrint, DateTimeOffset Began, DateTimeOffset Ends)
{
    /// <summary>How long it lasts without the page being looked at.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    /// <summary>How long it lasts at all.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromHours(12);

    public static UiSession Begin(string keyId, ulong keyPrint, DateTimeOffset now) => new(keyId, keyPrint, now, now + Idle);

    public UiSession Renewed(DateTimeOffset now) => this with { Ends = now + Idle < Began + Most ? now + Idle : Began + Most };

    public bool HasEnded(DateTimeOffset now) => now >= Ends;
}
