using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Flights;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The flights of a process: one question to the entry's silo, and, if the answer is a token, one run of the factory.</summary>
internal sealed class Flights(Process process)
{
    private readonly FlightRules<string, Flight> _rules = new();

    public void Join(Reading reading)
    {
        if (Mutants.Is(Mutant.RunJoinedInBypass) && _rules.TryFind(reading.Key, out var running) && running.IsBypassing)
        {
            running.Readings.Add(reading);
            return;
        }

        var (flight, role) = _rules.Join(reading.Key);
        flight.Readings.Add(reading);
        if (role == FlightRole.Leader)
        {
            flight.Key = reading.Key;
            if (flight.Previous is null)
            {
                Ask(flight);
            }
        }
    }

    private void Ask(Flight flight)
    {
        var key = flight.Key;
        if (!_rules.TryPass(key, flight) || !FlightRules<string, Flight>.TryEnter(flight, FlightPhase.Asking))
        {
            return;
        }

        (flight.Ask, flight.Host) = (new(process.Ledger.Stamp(), process.Now, process.Named), process.World.Hosts[key]);
        process.Asked(flight.Ask);
        var request = new AcquireRequest(
            MayGenerate: true, FreshOnly: false, process.World.Wait, flight.Ask.Named, process.NextQuestion(), Tags: Catalog.KnownTagsOf(key));
        process.World.Note(process, $"asks {flight.Host} for {key} with stamp {flight.Ask.Stamp.Value}");
        Send(flight, request);
        if (!process.World.HasTimers)
        {
            // Where a search owns the time, the owner is silent for as long as its answer has not come.
            AskStandby(flight, request);
        }

        process.After(Terms.Patience, "no answer", () =>
        {
            if (flight is not { Phase: FlightPhase.Asking, IsBypassing: false })
            {
                return;
            }

            // Once more, should the answer have been lost, and beside that the standby; then without the cluster.
            AskStandby(flight, request);
            Send(flight, request);
            process.After(Terms.Patience, "still no answer", () =>
            {
                if (flight is { Phase: FlightPhase.Asking, IsBypassing: false })
                {
                    Bypass(flight);
                }
            });
        });
    }

    private void Send(Flight flight, AcquireRequest request)
    {
        var host = flight.Host!;
        process.Send(host, "acquire", () => host.Entries.Acquire(flight.Key, request, answer =>
            host.Send(process, "answer", () => Answered(flight, host, answer))));
    }

    /// <summary>The owner is silent: its standby may have a copy, and gives no token.</summary>
    private void AskStandby(Flight flight, AcquireRequest request)
    {
        if (process.World.Standbys.GetValueOrDefault(flight.Key) is not { } standby || standby == flight.Host)
        {
            return;
        }

        var reading = Mutants.Is(Mutant.StandbyGivesTokens) ? request : request with { MayGenerate = false };
        process.Send(standby, "acquire", () => standby.Entries.Acquire(flight.Key, reading, answer => standby.Send(process, "answer", () =>
        {
            if (!answer.Token.IsNone)
            {
                throw new BrokenPromiseException($"{standby} gave a token of {flight.Key}, which {flight.Host!} owns.");
            }

            if (answer.Entry is not null && flight is { Phase: FlightPhase.Asking, IsBypassing: false })
            {
                process.World.Did(Deed.StandbyRead);
                Answered(flight, standby, answer);
            }
        })));
    }

    private void Answered(Flight flight, Silo host, Acquired answer)
    {
        var value = answer.Entry is { } entry ? process.World.ValueOf(entry.Payload) : null;
        process.World.Note(process, $"{host} answers {flight.Key}: {answer.Status} {value}{(answer.Near is { MayKeep: true } near ? $" to keep under {near.Session.Number}" : string.Empty)}");
        process.Heard(host, answer.Near, flight.Ask!);
        if (flight is not { Phase: FlightPhase.Asking, IsBypassing: false })
        {
            if (process.World.HasTwins && !answer.Token.IsNone && answer.Token == flight.Token)
            {
                // The answer came twice, and so does the value.
                GenerateUnderToken(Behind(flight), answer.Token);
            }

            return;
        }

        switch (answer.Status)
        {
            case AcquireStatus.Fresh:
                process.TryKeep(host, value!, answer.Near, flight.Ask!, answer.Entry!.Age, isCopy: true);
                End(flight, value, isStale: false, isLive: false, "asked");
                break;
            case AcquireStatus.Stale:
                End(flight, value, isStale: true, isLive: false, "asked");
                if (!answer.Token.IsNone)
                {
                    flight.Token = answer.Token;
                    GenerateUnderToken(Behind(flight), answer.Token);
                }

                break;
            case AcquireStatus.Miss:
                GenerateUnderToken(flight, answer.Token);
                break;
            case AcquireStatus.Busy when process.World.Wait > TimeSpan.Zero:
                AskFailSafe(flight, TokenId.None, isOver: false, () => Bypass(flight));
                break;
            case AcquireStatus.Busy:
                End(flight, null, isStale: false, isLive: false, "busy");
                break;
            default:
                Bypass(flight);
                break;
        }
    }

    /// <summary>A generation that no reader waits for.</summary>
    private static Flight Behind(Flight flight) => new() { Key = flight.Key, Ask = flight.Ask, Host = flight.Host };

    private void GenerateUnderToken(Flight flight, TokenId token)
    {
        FlightRules<string, Flight>.TryEnter(flight, FlightPhase.Generating);
        (flight.Token, flight.Made) = (token, process.Generate(flight.Key));
        switch (process.World.NextFate())
        {
            case Fate.Fails:
                process.World.Run(process, "factory fails", () => AskFailSafe(flight, token, isOver: true, () =>
                {
                    Abandon(flight, isForStoring: true);
                    End(flight, null, isStale: false, isLive: false, "failed");
                }));
                break;
            case Fate.IsNotForStoring:
                process.World.Run(process, "factory ends", () =>
                {
                    Abandon(flight, isForStoring: false);
                    End(flight, flight.Made, isStale: false, isLive: false, "not for storing");
                });
                break;
            case Fate.IsSlow:
                AskFailSafe(flight, token, isOver: false, () => { });
                process.World.Run(process, "factory ends", () => Commit(flight));
                break;
            default:
                process.World.Run(process, "factory ends", () => Commit(flight));
                break;
        }
    }

    private void Commit(Flight flight)
    {
        FlightRules<string, Flight>.TryEnter(flight, FlightPhase.Closing);
        var (host, made) = (flight.Host!, flight.Made!);
        var data = process.World.LifetimeOf(flight.Key).DataOf(made);
        process.Send(host, "commit", () => host.Entries.Commit(flight.Key, flight.Token, data, process.Named, outcome =>
            host.Send(process, "committed", () => Committed(flight, outcome))));
        process.After(Terms.Patience, "no word of the commit", () => End(flight, made, isStale: false, isLive: false, "generated"));
    }

    private void Committed(Flight flight, CommitOutcome outcome)
    {
        process.World.Note(process, $"{flight.Host!} says of the commit of {flight.Key}: {outcome.Status}{(outcome.IsStale ? ", stale" : string.Empty)}");
        process.Heard(flight.Host!, outcome.Near, flight.Ask!);
        if (flight.Phase == FlightPhase.Closing)
        {
            var isStored = outcome.Status == CommitStatus.Stored;
            if (outcome is { Status: CommitStatus.Stored, IsStale: false } or { Near.MayKeep: true })
            {
                process.TryKeep(flight.Host!, flight.Made!, outcome.Near, flight.Ask!, TimeSpan.Zero, isCopy: false);
            }

            // A joiner takes it if it may be served, and as what it is: a revalidation may have come while it was generated.
            End(flight, flight.Made, outcome.IsStale, isStored || Mutants.Is(Mutant.JoinerUnchecked) || (outcome.IsHeld && Mutants.Is(Mutant.HeldAnswerJoined)), "generated");
        }
    }

    /// <summary>The factory has failed, or the reader has waited long enough: what may be served past its life, or else what the caller says.</summary>
    private void AskFailSafe(Flight flight, TokenId token, bool isOver, Action otherwise)
    {
        var host = flight.Host!;
        process.Send(host, "fail-safe", () => host.Entries.FailSafe(flight.Key, token, isOver, spare => host.Send(process, "spare", () =>
        {
            if (spare is not null)
            {
                End(flight, process.World.ValueOf(spare.Payload), isStale: true, isLive: false, "fail-safe");
            }
            else
            {
                otherwise();
            }
        })));
    }

    private void Abandon(Flight flight, bool isForStoring)
    {
        var host = flight.Host!;
        process.Send(host, "abandon", () => host.Entries.Abandon(flight.Key, flight.Token, isForStoring));
    }

    /// <summary>The cluster vouches for nothing: the factory runs for those who came before it began, and nothing is stored.</summary>
    private void Bypass(Flight flight)
    {
        if (flight.IsBypassing)
        {
            return;
        }

        flight.IsBypassing = true;
        flight.Made = process.Generate(flight.Key);
        process.World.Run(process, "bypassing factory ends", () => End(flight, flight.Made, isStale: false, isLive: false, "bypass"));
    }

    private void End(Flight flight, Value? value, bool isStale, bool isLive, string how)
    {
        var next = flight.Next;
        if (!_rules.TryEnd(flight.Key, flight, isLive && value is not null, out var served))
        {
            return;
        }

        if (value is not null)
        {
            flight.Readings.ForEach(reading => process.Return(reading, value, isStale, how));
            served?.Readings.ForEach(reading => process.Return(reading, value, isStale, $"joined, {how}"));
        }

        if (served is null && next is not null)
        {
            Ask(next);
        }
    }
}
