using System.Text;

namespace OrleansTagCache.Tests.Http;

/// <summary>A request that nobody with good intentions sends, byte by byte.</summary>
/// <param name="Group">What it tries.</param>
/// <param name="Name">What it is.</param>
/// <param name="Status">The status that it must be answered with; 0 for a connection that is closed without an answer.</param>
/// <param name="Bytes">What is sent, given what an attacker of a silo may know.</param>
internal sealed record Attack(string Group, string Name, int Status, Func<Loot, byte[]> Bytes)
{
    /// <summary>The sender says that no more comes. Else it waits for the answer with the connection open.</summary>
    public bool Closes { get; init; }

    /// <summary>The connection may also be closed before the answer is sent: who closes it at once does not hear it.</summary>
    public bool MayGoUnheard { get; init; }

    public override string ToString() => $"{Group}: {Name}";
}

/// <summary>What an attacker may have: keys of its own, and tokens and calls that it has seen.</summary>
/// <param name="Full">A key of the namespace <c>shop</c> with all scopes.</param>
/// <param name="Reader">One that may only read.</param>
/// <param name="Invalidator">One that may only invalidate.</param>
/// <param name="Ended">One that has expired.</param>
/// <param name="Token">A token for the key <c>mine</c> of <c>shop</c>.</param>
/// <param name="Foreign">A token of another namespace for the same key.</param>
/// <param name="Moment">A moment for <c>shop</c>.</param>
/// <param name="ForeignMoment">One for the other namespace.</param>
internal sealed record Loot(string Full, string Reader, string Invalidator, string Ended, string Token, string Foreign, string Moment, string ForeignMoment);

/// <summary>Writes requests as they go over the wire, sound but for what is asked to be unsound.</summary>
internal static class Wire
{
    public static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>A request that is sound in its framing.</summary>
    public static byte[] Request(string key, string method, string target, byte[]? body = null, params string[] headers) =>
        Request(["Authorization: Bearer " + key, .. headers], method, target, body);

    /// <inheritdoc cref="Request(string, string, string, byte[], string[])"/>
    public static byte[] Request(string[] headers, string method, string target, byte[]? body = null) =>
    [
        .. Text($"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"),
        .. headers.SelectMany(header => Text($"{header}\r\n")),
        .. body is null ? [] : Text($"Content-Length: {body.Length}\r\n"),
        .. Text("\r\n"),
        .. body ?? [],
    ];

    /// <summary>A head that is given line by line, without anything added.</summary>
    public static byte[] Lines(params string[] lines) => Text(string.Join("\r\n", lines));
}
