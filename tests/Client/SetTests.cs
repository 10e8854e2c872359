using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Both trips of a plain set, as its process makes them.</summary>
public sealed class SetTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly SteppedTime _time = new();

    /// <summary>Invariant G5: what was updated since the call supersedes the value, so its age goes with it.</summary>
    [Fact]
    public async Task Set_WhoseFirstTripTakesASecond_SaysThatItsValueIsASecondOld()
    {
        var entry = new ScriptedEntry { OnBegin = () => _time.Advance(TimeSpan.FromSeconds(1)) };

        Assert.Equal(CommitOutcome.Stored, await Set(entry));

        Assert.Equal(["begin", "set"], entry.Calls);
        Assert.Equal(TimeSpan.FromSeconds(1), entry.Age);
    }

    /// <summary>A second token would make an old value look newer than what was set in between.</summary>
    [Theory]
    [InlineData("begin")]
    [InlineData("set")]
    public async Task Set_WhoseTripFails_IsNotTriedAgain_AndTheKeyIsRemoved(string failing)
    {
        var entry = new ScriptedEntry { Failing = failing };

        var setting = Set(entry);
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(10), () => setting.IsCompleted);

        Assert.Equal(CommitOutcome.Superseded, await setting);
        Assert.Equal(failing == "begin" ? ["begin", "remove"] : ["begin", "set", "remove"], entry.Calls);
    }

    private Task<CommitOutcome> Set(ScriptedEntry entry) => FakeEntries.Over(entry, _time).Set("key", EntrySilo.Data(), _time.Now(), Timeout, CancellationToken.None);

    private sealed class ScriptedEntry() : EntryAround(null!)
    {
        private readonly List<string> _calls = [];

        public string[] Calls => [.. _calls];

        public TimeSpan Age { get; private set; }

        public string? Failing { get; init; }

        public Action OnBegin { get; init; } = () => { };

        public override ValueTask<TokenId> BeginSet()
        {
            Heard("begin");
            OnBegin();
            return new(new TokenId(Guid.NewGuid()));
        }

        public override ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null)
        {
            Age = age;
            Heard("set");
            return new(new SetOutcome(CommitOutcome.Stored, UpdateOutcome.Complete(1)));
        }

        public override ValueTask<UpdateOutcome> Remove(string? trace = null)
        {
            Heard("remove");
            return new(UpdateOutcome.Complete(1));
        }

        private void Heard(string call)
        {
            _calls.Add(call);
            if (call == Failing)
            {
                throw new TimeoutException();
            }
        }
    }
}
