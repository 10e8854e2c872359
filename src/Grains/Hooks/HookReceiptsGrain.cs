using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Hooks;

/// <inheritdoc cref="IHookReceiptsGrain"/>
[GrainType("otc.hookreceipts")]
internal sealed class HookReceiptsGrain(TimeProvider time) : Grain, IHookReceiptsGrain
{
    /// <summary>Far more than a sender needs in the window, and a few megabytes.</summary>
    private const int Maximum = 100_000;

    /// <summary>Both sides of the window of a time stamp: after that no call of those is good any more.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(11);

    private readonly Dictionary<Guid, Moment> _noted = [];
    private readonly Queue<(Guid Signature, Moment At)> _order = [];

    public ValueTask<HookReceipt> Note(Guid signature)
    {
        var now = time.Now();
        while (_order.TryPeek(out var oldest) && now - oldest.At > Memory)
        {
            _order.Dequeue();

            // It may have been forgotten and noted again since.
            if (_noted.TryGetValue(oldest.Signature, out var at) && at == oldest.At)
            {
                _noted.Remove(oldest.Signature);
            }
        }

        if (_noted.ContainsKey(signature))
        {
            return new(HookReceipt.Replayed);
        }

        if (_order.Count == Maximum)
        {
            return new(HookReceipt.Full);
        }

        _noted.Add(signature, now);
        _order.Enqueue((signature, now));
        DelayDeactivation(Memory + Memory);
        return new(HookReceipt.Noted);
    }

    public ValueTask Forget(Guid signature)
    {
        _noted.Remove(signature);
        return default;
    }
}
