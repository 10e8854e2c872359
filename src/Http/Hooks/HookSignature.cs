using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTagCache.Http.Hooks;

/// <summary>
/// Who a call of a webhook is from: HMAC-SHA256 under a secret of the hook, over the time stamp (seconds since 1970), a full stop and the raw body, written as
/// <c>v1=</c> and hexadecimal digits; several, separated by commas, while a sender replaces its secret.
/// </summary>
internal static class HookSignature
{
    private const string Version = "v1=";
    private const int MaximumSignatures = 4;
    private const int MaximumDigits = 15;

    /// <summary>How old, and how far ahead, a time stamp may be.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    public static bool IsGood(string[] secrets, string? timestamp, string? signatures, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (timestamp is null
            || timestamp.Length > MaximumDigits
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Window.TotalSeconds)
        {
            return false;
        }

        byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp), (byte)'.', .. body];
        var given = Parse(signatures);
        var isGood = false;
        foreach (var secret in secrets)
        {
            var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed);
            foreach (var one in given)
            {
                isGood |= CryptographicOperations.FixedTimeEquals(expected, one);
            }
        }

        return isGood;
    }

    private static List<byte[]> Parse(string? signatures)
    {
        var parsed = new List<byte[]>();
        foreach (var text in (signatures ?? string.Empty).Split(',', MaximumSignatures + 1, StringSplitOptions.TrimEntries).Take(MaximumSignatures))
        {
            if (text.Length == Version.Length + (2 * HMACSHA256.HashSizeInBytes)
                && text.StartsWith(Version, StringComparison.Ordinal)
                && text.Skip(Version.Length).All(char.IsAsciiHexDigit))
            {
                parsed.Add(Convert.FromHexString(text.AsSpan(Version.Length)));
            }
        }

        return parsed;
    }
}
