using System.Threading.Channels;
using OrleansTagCache.Entries;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Moving;

/// <summary>The way of copies to one silo that is a standby, for as long as it is one: what is stored is gathered for a moment, and sent in batches.</summary>
/// <remarks>Thread-safe. One loop sends. What the silo does not take is not kept for it: once it answers again, it is sent everything.</remarks>
internal sealed class StandbyLane
{
    /// <summary>So long is gathered: a set's own update is over by then, as a rule.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    private readonly CopySender _sender;
    private readonly MoveRate _rate;
    private readonly TimeProvider _time;
    private readonly Action _sendAll;
    private readonly CancellationToken _stop;
    private readonly Channel<Offer> _offers = Channel.CreateUnbounded<Offer>();
    private long _waiting;
    private long _missed;
    private bool _hasMissed;

    /// <param name="sender">The way to the silo.</param>
    /// <param name="rate">How fast copies go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="sendAll">The silo has missed some, and answers again.</param>
    /// <param name="stop">Ends it.</param>
    public StandbyLane(CopySender sender, MoveRate rate, TimeProvider time, Action sendAll, CancellationToken stop)
    {
        (_sender, _rate, _time, _sendAll, _stop) = (sender, rate, time, sendAll, stop);
        Ended = Task.Run(() => BackgroundLoop.Loop(SendNext, static _ => { }, time, stop), CancellationToken.None);
    }

    /// <summary>Ends when it was stopped.</summary>
    public Task Ended { get; }

    /// <summary>How many entries wait to be sent.</summary>
    public long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>How many batches the silo did not take.</summary>
    public long Missed => Interlocked.Read(ref _missed);

    /// <summary>Sends what the entry has by then.</summary>
    public void Add(EntrySlot slot) => Add(new Offer(slot, IsSecond: false));

    private void Add(Offer offer)
    {
        Interlocked.Increment(ref _waiting);
        _offers.Writer.TryWrite(offer);
    }

    private async Task<bool> SendNext()
    {
        if (!await _offers.Reader.WaitToReadAsync(_stop))
        {
            return false;
        }

        await Task.Delay(Gathering, _time, _stop);
        var batch = new Dictionary<EntrySlot, bool>();
        var bytes = 0L;
        while (bytes < MoveLane.BatchBytes && batch.Count < MoveLane.BatchEntries && _offers.Reader.TryRead(out var offer))
        {
            Interlocked.Decrement(ref _waiting);
            if (batch.TryAdd(offer.Slot, offer.IsSecond))
            {
                bytes += offer.Slot.Value?.Bytes ?? 0;
            }
        }

        await _rate.Pass(bytes, _stop);
        if (await _sender.Send([.. batch.Keys]) is not { } sent)
        {
            _hasMissed = true;
            Interlocked.Increment(ref _missed);
            return true;
        }

        if (_hasMissed)
        {
            _hasMissed = false;
            _sendAll();
        }

        EntrySlot[] again = [.. sent.Where(copy => copy.IsKeptBack && !batch[copy.Slot]).Select(static copy => copy.Slot)];
        if (again.Length > 0)
        {
            _ = OfferAgain(again);
        }

        return true;
    }

    private async Task OfferAgain(EntrySlot[] slots)
    {
        await Task.Delay(MoveLane.SecondOffer, _time, _stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Array.ForEach(slots, slot => Add(new Offer(slot, IsSecond: true)));
    }

    private readonly record struct Offer(EntrySlot Slot, bool IsSecond);
}
