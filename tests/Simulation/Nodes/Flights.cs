using OrleansTagCache.Coherence;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The flights of a process: one question to the entry's silo, and, if the answer is a token, one run of the factory.</summary>
internal sealed class Flights(Process process)
{
    private readonly Dictionary<string, Flight> _flights = [];

    public void Join(Reading reading)
    {
        if (!_flights.TryGetValue(reading.Key, out var flight))
        {
            Lead(reading.Key, [reading]);
            return;
        }

        var share = flight.Phase switch
        {
            FlightPhase.Generating => flight.Late,
            FlightPhase.Closing => flight.MustAsk,
            FlightPhase.Bypassing when Mutants.Is(Mutant.RunJoinedInBypass) => flight.Early,
            _ => flight.Next,
        };
        share.Add(reading);
    }

    private void Lead(string key, List<Reading> readings)
    {
        var flight = new Flight(key) { Stamp = process.Ledger.Stamp(), AskedAt = process.Now, Host = process.World.Hosts[key] };
        flight.Early.AddRange(readings);
        _flights[key] = flight;
        var (host, named) = (flight.Host, process.Named);
        process.World.Note(process, $"asks {host} for {key} with stamp {flight.Stamp.Value}");
        process.Send(host, "acquire", () => host.Entries.Acquire(key, named, answer =>
            host.Send(process, "answer", () => Answered(flight, answer))));
        process.After(Terms.Patience, "no answer", () =>
        {
            if (flight.Phase == FlightPhase.Asking)
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
        if (flight.Phase != FlightPhase.Asking)
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
                    GenerateUnderToken(new(flight.Key) { Stamp = flight.Stamp, AskedAt = flight.AskedAt, Host = flight.Host }, answer.Token);
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

    private void GenerateUnderToken(Flight flight, GenerationId token)
    {
        flight.Phase = FlightPhase.Generating;
        flight.Made = process.Generate(flight.Key);
        var (host, named, made) = (flight.Host!, process.Named, flight.Made);
        process.World.Run(process, "factory ends", () =>
        {
            flight.Phase = FlightPhase.Closing;
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

    /// <summary>Nobody vouches for anything: the factory runs for those who came before it began, and nothing is stored.</summary>
    private void Bypass(Flight flight)
    {
        flight.Phase = FlightPhase.Bypassing;
        flight.Made = process.Generate(flight.Key);
        process.World.Run(process, "bypassing factory ends", () => End(flight, flight.Made, isStale: false, isLive: false, "bypass"));
    }

    private void End(Flight flight, Value? value, bool isStale, bool isLive, string how)
    {
        if (flight.Phase == FlightPhase.Ended)
        {
            return;
        }

        flight.Phase = FlightPhase.Ended;
        if (_flights.GetValueOrDefault(flight.Key) == flight)
        {
            _flights.Remove(flight.Key);
        }

        List<Reading> again = [.. flight.MustAsk];
        if (value is not null)
        {
            flight.Early.ForEach(reading => process.Return(reading, value, isStale, how));
        }

        foreach (var reading in flight.Late.Concat(flight.Next))
        {
            if (isLive && value is not null)
            {
                process.Return(reading, value, isStale, $"joined, {how}");
            }
            else
            {
                again.Add(reading);
            }
        }

        if (again.Count > 0)
        {
            Lead(flight.Key, again);
        }
    }
}
