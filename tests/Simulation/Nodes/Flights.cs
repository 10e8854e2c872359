using OrleansTagCache.Coherence;
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

        (flight.Stamp, flight.AskedAt, flight.Host) = (process.Ledger.Stamp(), process.Now, process.World.Hosts[key]);
        var (host, named) = (flight.Host, process.Named);
        process.World.Note(process, $"asks {host} for {key} with stamp {flight.Stamp.Value}");
        process.Send(host, "acquire", () => host.Entries.Acquire(key, named, answer =>
            host.Send(process, "answer", () => Answered(flight, answer))));
        process.After(Terms.Patience, "no answer", () =>
        {
            if (flight is { Phase: FlightPhase.Asking, IsBypassing: false })
            {
                Bypass(flight);
            }
        });
    }

    private void Answered(Flight flight, Answer answer)
    {
        var terms = answer.Terms.IsCacheable ? $" cacheable under {answer.Terms.Session.Number}" : string.Empty;
        process.World.Note(process, $"{flight.Host!} answers {flight.Key}: {answer.Status} {answer.Value?.ToString() ?? string.Empty}{terms}");
        process.Heard(flight.Host!, answer.Terms, flight.AskedAt);
        if (flight is not { Phase: FlightPhase.Asking, IsBypassing: false })
        {
            return;
        }

        switch (answer.Status)
        {
            case AnswerStatus.Fresh:
                process.TryKeep(flight.Host!, answer.Value!, answer.Terms, flight.Stamp, isCopy: true);
                End(flight, answer.Value, isStale: false, isLive: false, "asked");
                break;
            case AnswerStatus.Stale:
                End(flight, answer.Value, isStale: true, isLive: false, "asked");
                if (!answer.Token.IsNone)
                {
                    GenerateUnderToken(new() { Key = flight.Key, Stamp = flight.Stamp, AskedAt = flight.AskedAt, Host = flight.Host }, answer.Token);
                }

                break;
            case AnswerStatus.Miss:
                GenerateUnderToken(flight, answer.Token);
                break;
            case AnswerStatus.Busy:
                End(flight, null, isStale: false, isLive: false, "busy");
                break;
            default:
                Bypass(flight);
                break;
        }
    }

    private void GenerateUnderToken(Flight flight, TokenId token)
    {
        FlightRules<string, Flight>.TryEnter(flight, FlightPhase.Generating);
        flight.Made = process.Generate(flight.Key);
        var (host, named, made) = (flight.Host!, process.Named, flight.Made);
        process.World.Run(process, "factory ends", () =>
        {
            FlightRules<string, Flight>.TryEnter(flight, FlightPhase.Closing);
            process.Send(host, "commit", () => host.Entries.Commit(flight.Key, token, made, named, answer =>
                host.Send(process, "committed", () => Committed(flight, answer))));
            process.After(Terms.Patience, "no word of the commit", () => End(flight, made, isStale: false, isLive: false, "generated"));
        });
    }

    private void Committed(Flight flight, Answer answer)
    {
        process.World.Note(process, $"{flight.Host!} says of the commit of {flight.Key}: {answer.Status}");
        process.Heard(flight.Host!, answer.Terms, flight.AskedAt);
        if (flight.Phase == FlightPhase.Closing)
        {
            if (answer.Status == AnswerStatus.Stored || answer.Terms.IsCacheable)
            {
                process.TryKeep(flight.Host!, flight.Made!, answer.Terms, flight.Stamp, isCopy: false);
            }

            // A joiner takes it if it may be served, and as what it is: a revalidation may have come while it was generated.
            var isStale = answer.Status == AnswerStatus.StoredStale;
            End(flight, flight.Made, isStale, isStale || answer.Status == AnswerStatus.Stored || Mutants.Is(Mutant.JoinerUnchecked), "generated");
        }
    }

    /// <summary>The cluster vouches for nothing: the factory runs for those who came before it began, and nothing is stored.</summary>
    private void Bypass(Flight flight)
    {
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
