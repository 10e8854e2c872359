using OrleansTagCache.Contracts;
using OrleansTagCache.Hooks;
using OrleansTagCache.Lifetimes;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>A call is carried out once, and none is lost because who carried it out is gone.</summary>
public sealed class HookReceiptsTests
{
    private static readonly Guid Call = new("6f0d1a52-0001-4b1c-9f00-000000000001");
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly HookReceipts _receipts = new();
    private Moment _now = new(1_000);

    [Fact]
    public void Begin_WhileItIsCarriedOut_IsToWait_AndAfterwardsIsAReplay()
    {
        Assert.Equal(HookReceipt.First, Begin());
        Assert.Equal(HookReceipt.Begun, Begin());
        _receipts.End(Call, isCarriedOut: true);
        Assert.Equal(HookReceipt.Replayed, Begin());
    }

    [Fact]
    public void Begin_OfWhatFailed_IsTheFirstAgain()
    {
        Begin();
        _receipts.End(Call, isCarriedOut: false);
        Assert.Equal(HookReceipt.First, Begin());
    }

    [Fact]
    public void Begin_OfWhatHasNoEnd_IsTheFirstAgainAfterAMinute()
    {
        Begin();
        Pass(HookReceipts.Patience - Tick);
        Assert.Equal(HookReceipt.Begun, Begin());
        Pass(Tick);
        Assert.Equal(HookReceipt.First, Begin());
        Assert.Equal(HookReceipt.Begun, Begin());
    }

    [Fact]
    public void End_OfAFailure_AfterTheRepetitionWasCarriedOut_ForgetsNothing()
    {
        Begin();
        Pass(HookReceipts.Patience);
        Begin();
        _receipts.End(Call, isCarriedOut: true);
        _receipts.End(Call, isCarriedOut: false);
        Assert.Equal(HookReceipt.Replayed, Begin());
    }

    [Fact]
    public void Receipt_IsKeptForTheWholeWindow_AlsoOfACallThatWasBegunTwice()
    {
        Begin();
        Pass(HookReceipts.Patience);
        Begin();
        _receipts.End(Call, isCarriedOut: true);
        Pass(HookReceipts.Memory);
        Assert.Equal(HookReceipt.Replayed, Begin());
        Pass(Tick);
        Assert.Equal(HookReceipt.First, Begin());
    }

    [Fact]
    public void Begin_OfMoreThanAreRemembered_IsRefused_UntilTheOldestIsForgotten()
    {
        for (var i = 0; i < HookReceipts.Maximum; i++)
        {
            Assert.Equal(HookReceipt.First, _receipts.Begin(new Guid(i, 1, 0, new byte[8]), _now));
        }

        Assert.Equal(HookReceipt.Full, Begin());
        Pass(HookReceipts.Memory + Tick);
        Assert.Equal(HookReceipt.First, Begin());
    }

    private HookReceipt Begin() => _receipts.Begin(Call, _now);

    private void Pass(TimeSpan time) => _now += time;
}
