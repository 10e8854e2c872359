using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Hooks;

/// <summary>The calls of one webhook that were begun lately, and which of them were carried out.</summary>
internal sealed class HookReceipts
{
    /// <summary>Far more than a sender needs in the window, and a few megabytes.</summary>
    public const int Maximum = 100_000;

    /// <summary>Both sides of the window of a time stamp, and more: after that no call of those is good any more.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(11);

    /// <summary>How long a call without an end counts as being carried out.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<Guid, Receipt> _calls = [];
    private readonly Queue<(Guid Call, Moment At)> _order = [];

    /// <inheritdoc cref="IHookReceiptsGrain.Begin"/>
    public HookReceipt Begin(Guid call, Moment now)
    {
        ForgetOld(now);
        if (_calls.TryGetValue(call, out var receipt) && (receipt.IsCarriedOut || now - receipt.At < Patience))
        {
            return receipt.IsCarriedOut ? HookReceipt.Replayed : HookReceipt.Begun;
        }

        if (_order.Count == Maximum)
        {
            return HookReceipt.Full;
        }

        _calls[call] = new(now, IsCarriedOut: false);
        _order.Enqueue((call, now));
        return HookReceipt.First;
    }

    /// <inheritdoc cref="IHookReceiptsGrain.End"/>
    public void End(Guid call, bool isCarriedOut)
    {
        if (_calls.Remove(call, out var receipt) && (isCarriedOut || receipt.IsCarriedOut))
        {
            _calls.Add(call, receipt with { IsCarriedOut = true });
        }
    }

    private void ForgetOld(Moment now)
    {
        while (_order.TryPeek(out var oldest) && now - oldest.At > Memory)
        {
            _order.Dequeue();

            // It may have been begun again since.
            if (_calls.TryGetValue(oldest.Call, out var receipt) && receipt.At == oldest.At)
            {
                _calls.Remove(oldest.Call);
            }
        }
    }

    private readonly record struct Receipt(Moment At, bool IsCarriedOut);
}
