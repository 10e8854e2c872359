using System.Globalization;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>
/// Each attack over a connection of its own against a real silo: it is answered as the table says, never by a fault; nothing is stored, nothing of another namespace is shown or lost; and the
/// silo serves the next good request.
/// </summary>
public sealed class AttackTests(AttackSilo silo) : IClassFixture<AttackSilo>
{
    private static readonly Attack[] Slow = [.. AllAttacks.ByName.Values.Where(attack => attack.Status == 408)];

    public static TheoryData<string> Names => [.. AllAttacks.ByName.Values.Except(Slow).Select(attack => attack.ToString())];

    [Theory, MemberData(nameof(Names))]
    public async Task Attack_IsAnsweredAndDoesNoHarm(string name)
    {
        await IsAnswered(AllAttacks.ByName[name]);
        await silo.IsUnharmed();
    }

    [Fact]
    public async Task SlowAttacks_AreAnsweredAndDoNoHarm()
    {
        Assert.True(Slow.Length >= 10, $"There are {Slow.Length}.");
        await Task.WhenAll(Slow.Select(IsAnswered));
        await silo.IsUnharmed();
    }

    private async Task IsAnswered(Attack attack)
    {
        var answer = await silo.Send(attack);

        if (attack.MayGoUnheard && answer.Length == 0)
        {
            return;
        }

        Assert.Equal((attack.Name, attack.Status), (attack.Name, StatusOf(answer)));
        Assert.DoesNotContain("treasure", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("smuggled", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\nSet-Cookie", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(attack.Status == 0 ? 0 : 1, answer.Split("HTTP/1.1 ").Length - 1);
    }

    /// <summary>The status; 0 if there was none, or only a farewell in frames of HTTP/2.</summary>
    private static int StatusOf(string answer) =>
        answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(answer.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture) : 0;

    [Fact]
    public void Attacks_AreMany() => Assert.True(AllAttacks.ByName.Count >= 300, $"There are {AllAttacks.ByName.Count}.");
}
