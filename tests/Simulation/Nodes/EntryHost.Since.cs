using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <content>Sets of values that were made after a moment.</content>
internal sealed partial class EntryHost
{
    /// <summary>The second trip of a set since a moment: unless the value is stored, nothing has happened.</summary>
    public void SetSince(string key, TokenId token, EntryData data, TimeSpan age, SetSince since, Action<CommitStatus, bool> reply) => Enter(key, adds: false, (slot, now) =>
    {
        var wasOut = _tokens.IsOut(token, now);
        var (outcome, kept) = slot?.Set(token, data, age, _terms, now, since) ?? (CommitOutcome.UnknownToken, null);
        _tokens.Shown(key, token, wasOut, isTaken: outcome.Status != CommitStatus.UnknownToken);
        _silo.World.Note(_silo, $"is to store {_silo.World.ValueOf(data.Payload)} since a moment, told of {(since.Remembered is { } told ? $"[{string.Join(' ', told)}]" : "what is not known")}: {outcome.Status}");
        if (outcome.Status != CommitStatus.Stored)
        {
            Note(Deed.SinceSuperseded, outcome.Status == CommitStatus.Superseded);
            reply(outcome.Status, true);
            return;
        }

        Note(Deed.SinceStored, true);
        Note(Deed.SinceBroughtTags, since.Remembered is not []);
        slot!.WakeWaiters();
        BeginUpdateNeedsGate(slot, kept, isComplete => reply(CommitStatus.Stored, isComplete));
    });
}
