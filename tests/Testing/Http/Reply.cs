using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>An answer, read to its end.</summary>
internal sealed record Reply(int Status, byte[] Bytes, IReadOnlyDictionary<string, string> Headers)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonElement.Parse(Bytes);

    public string? Token => Header("Tag-Cache-Token");

    public string? CacheStatus => Header("Cache-Status");

    public string? ContentType => Header("Content-Type");

    public int Age => int.Parse(Header("Age")!, CultureInfo.InvariantCulture);

    /// <summary>The <c>ttl</c> of a hit; anything else fails.</summary>
    public int Ttl
    {
        get
        {
            const string Hit = "OrleansTagCache; hit; ttl=";
            Assert.Equal(200, Status);
            Assert.StartsWith(Hit, CacheStatus, StringComparison.Ordinal);
            return int.Parse(CacheStatus![Hit.Length..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }
    }

    public static async Task<Reply> Of(HttpResponseMessage response)
    {
        using (response)
        {
            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            return new((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(), headers);
        }
    }

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Fails unless the answer is stored or done, with nothing to say.</summary>
    public void IsDone()
    {
        Assert.Equal((204, string.Empty), (Status, Text));
        Assert.Equal("no-store", Header("Cache-Control"));
    }

    /// <summary>Fails unless the answer is problem details of that status and code; returns its detail.</summary>
    public string IsProblem(int status, string code)
    {
        Assert.Equal((status, "application/problem+json"), (Status, ContentType));
        Assert.Equal(code, Json.GetProperty("code").GetString());
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        return Json.GetProperty("detail").GetString()!;
    }

    /// <summary>Fails unless this is a miss whose caller is to generate; returns the token.</summary>
    public string IsMissWithToken()
    {
        IsProblem(404, "not_found");
        Assert.Equal("OrleansTagCache; fwd=miss", CacheStatus);
        Assert.NotNull(Token);
        return Token;
    }

    /// <summary>Fails unless this is a miss that somebody else is generating.</summary>
    public void IsBusy()
    {
        IsProblem(404, "not_found");
        Assert.Equal("OrleansTagCache; fwd=miss; detail=busy", CacheStatus);
        Assert.Null(Token);
    }

    /// <summary>Fails unless this is a hit of that value without a token.</summary>
    public void IsHit(string value)
    {
        Assert.True(Ttl >= 0, CacheStatus);
        Assert.Equal((value, null), (Text, Token));
    }
}
