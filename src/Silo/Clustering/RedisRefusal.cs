using OrleansTagCache.Silo.StartUp;
using StackExchange.Redis;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>Why Redis does not serve a silo, in words for an operator: that it refuses the user or the password, or a command, which the client hides behind a connection that cannot be made.</summary>
internal static class RedisRefusal
{
    private const string Setting = "TagCache:Clustering:ConnectionString";
    private const string PasswordSetting = "TagCache:Clustering:PasswordFile";

    /// <param name="exception">What the client has thrown.</param>
    /// <param name="log">What it has said while it connected.</param>
    /// <returns>Null if it says nothing of Redis.</returns>
    public static StartUpFault? FaultOf(Exception exception, string log = "") => exception switch
    {
        _ when Of(exception, log) is { } refusal => new($"{refusal}."),
        RedisServerException answer => new($"The Redis of {Setting} answers: {answer.Message}."),
        RedisException or RedisTimeoutException or RedisCommandException or ArgumentException =>
            new($"The Redis of {Setting} cannot be reached. Check that it is running and that the address is right.", mayPass: exception is not ArgumentException),
        _ => null,
    };

    /// <summary>The server's refusal, without anything secret; null if it has not refused anything.</summary>
    public static string? Of(Exception? exception, string log = "")
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (Of(cause.Message) is { } refusal)
            {
                return refusal;
            }
        }

        return Of(log);
    }

    private static string? Of(string text)
    {
        return Has("WRONGPASS") || Has("invalid password") ? $"Redis refuses the user or the password of {Setting}, or of {PasswordSetting} (WRONGPASS)"
            : Has("NOPERM") ? $"Redis does not allow the user of {Setting} what a silo needs: {LineFrom(text, "NOPERM")}"
            : Has("NOAUTH") ? $"Redis wants a password, and neither {Setting} nor {PasswordSetting} holds one (NOAUTH)"
            : null;

        bool Has(string word) => text.Contains(word, StringComparison.Ordinal);
    }

    private static string LineFrom(string text, string word) => text[text.IndexOf(word, StringComparison.Ordinal)..].Split('\n', '\r')[0].TrimEnd('.');
}
