using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>
/// Where revalidation follows Next.js 16.4, and where it knowingly does not. What Next.js does was observed with its built-in handler under a
/// controlled clock; docs/how-to/nextjs.md has the same table in words.
/// </summary>
public sealed class NextJsCasesTests
{
    private const Freshness Fresh = Freshness.Fresh;
    private const Freshness Stale = Freshness.Stale;
    private const Freshness Miss = Freshness.Expired;

    /// <summary>
    /// Steps: <c>+N</c> passes N seconds, <c>u</c> updates the tag, <c>r</c> revalidates without a profile, <c>max</c> and other profiles revalidate
    /// with it, <c>e:N</c> revalidates with <c>{expire: N}</c>. The entry is set before the first step, with the life of the profile <c>max</c>.
    /// </summary>
    [Theory]
    [InlineData("", Fresh, Fresh, "nothing happened")]
    [InlineData("u", Miss, Miss, "updateTag expires at once")]
    [InlineData("r", Miss, Miss, "without a profile: the legacy form, as updateTag")]
    [InlineData("e:0", Miss, Miss, "expire 0 is immediate")]
    [InlineData("max", Stale, Stale, "stale while revalidating")]
    [InlineData("max +31536000", Miss, Miss, "until the profile's expire has passed")]
    [InlineData("seconds +59", Stale, Stale, "only the profile's expire is read, not its revalidate")]
    [InlineData("seconds +60", Miss, Miss, "the deadline is part of the past")]
    [InlineData("max u", Miss, Miss, "an update after a revalidation expires")]
    [InlineData("+2592001", Stale, Stale, "past revalidate: stale by age")]
    [InlineData("+31536001", Miss, Miss, "past expire: a miss by age")]
    [InlineData("u max", Miss, Stale, "Next.js overwrites the expiry with a date a year ahead, and the old value is back; here nothing revives it")]
    [InlineData("e:10 +8 e:10 +8", Miss, Stale, "Next.js pushes the deadline out with every revalidation; here the earliest one stands")]
    [InlineData("e:10 max +12", Miss, Stale, "the same with another profile")]
    public void Revalidating_IsAsNextJsDoes_OrKnowinglyNot(string steps, object here, object there, string why)
    {
        var model = new StoredValueModel();
        model.Set("entry", ["tag"], CacheLife.Max);
        foreach (var step in steps.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Take(model, step);
        }

        Assert.Equal(here, model.Read("entry"));
        Assert.Null(model.Disagreement());
        Assert.Equal(Equals(here, there), !why.Contains("Next.js", StringComparison.Ordinal) && why != "the same with another profile");
    }

    private static void Take(StoredValueModel model, string step)
    {
        switch (step[0])
        {
            case '+':
                model.Advance(TimeSpan.FromSeconds(int.Parse(step[1..], System.Globalization.CultureInfo.InvariantCulture)));
                break;
            case 'e':
                model.Revalidate("tag", TimeSpan.FromSeconds(int.Parse(step[2..], System.Globalization.CultureInfo.InvariantCulture)));
                break;
            case 'u' or 'r':
                model.Update("tag");
                break;
            default:
                model.Revalidate("tag", CacheLife.Profile(step).Expire);
                break;
        }
    }
}
