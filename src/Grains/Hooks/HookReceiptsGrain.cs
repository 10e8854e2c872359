using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Hooks;

/// <inheritdoc cref="IHookReceiptsGrain"/>
[GrainType("otc.hookreceipts")]
internal sealed class HookReceiptsGrain(TimeProvider time) : Grain, IHookReceiptsGrain
{
    private readonly HookReceipts _receipts = new();

    public ValueTask<HookReceipt> Begin(Guid call)
    {
        DelayDeactivation(HookReceipts.Memory + HookReceipts.Memory);
        return new(_receipts.Begin(call, time.Now()));
    }

    public ValueTask End(Guid call, bool isCarriedOut)
    {
        _receipts.End(call, isCarriedOut);
        return default;
    }
}
