using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>Reads by readers who name tags that the entry does not bear: one question to the entry's silo, and, if the answer is a token, one run of the factory.</summary>
internal static class SoftReads
{
    public static void Ask(Process process, Reading reading)
    {
        var host = process.World.Hosts[reading.Key];
        var ask = new Ask(process.Ledger.Stamp(), process.Now, process.Named, reading.SoftTags);
        var request = new AcquireRequest(
            MayGenerate: true, FreshOnly: false, process.World.Wait, ask.Named, process.NextQuestion(), SoftTags: Array.ConvertAll(reading.SoftTags, tag => tag.Name));
        process.World.Note(process, $"asks {host} for {reading.Key} under {string.Join(' ', request.SoftTags!)} with stamp {ask.Stamp.Value}");
        var isAnswered = false;
        process.Send(host, "acquire", () => host.Entries.Acquire(reading.Key, request, answer => host.Send(process, "answer", () =>
        {
            if (!isAnswered)
            {
                isAnswered = true;
                Answered(process, reading, host, ask, answer);
            }
        })));
    }

    private static void Answered(Process process, Reading reading, Silo host, Ask ask, Acquired answer)
    {
        var value = answer.Entry is { } entry ? process.World.ValueOf(entry.Payload) : null;
        process.World.Note(process, $"{host} answers {reading.Key}: {answer.Status} {value}{(answer.Near is { MayKeep: true } near ? $" to keep under {near.Session.Number}" : string.Empty)}");
        process.Heard(host, answer.Near, ask);
        switch (answer.Status)
        {
            case AcquireStatus.Fresh:
                if (process is Client)
                {
                    process.TryKeep(host, value!, answer.Near, ask, answer.Entry!.Age, isCopy: true);
                }

                process.Return(reading, value!, isStale: false, "asked, soft");
                break;
            case AcquireStatus.Stale:
                process.Return(reading, value!, isStale: true, "asked, soft");
                Generate(process, reading.Key, host, answer.Token, then: null);
                break;
            case AcquireStatus.Miss when !answer.Token.IsNone:
                Generate(process, reading.Key, host, answer.Token, made => process.Return(reading, made, isStale: false, "generated, soft"));
                break;
            default:
                process.GiveUp();
                break;
        }
    }

    private static void Generate(Process process, string key, Silo host, TokenId token, Action<Value>? then)
    {
        if (token.IsNone)
        {
            return;
        }

        var made = process.Generate(key);
        process.World.Run(process, "factory ends", () =>
        {
            then?.Invoke(made);
            process.Send(host, "commit", () => host.Entries.Commit(key, token, process.World.LifetimeOf(key).DataOf(made), null, _ => { }));
        });
    }
}
