using System.Net;
using OrleansTagCache.Coherence;
using OrleansTagCache.Faults.Conductor;
using OrleansTagCache.Faults.Database;

namespace OrleansTagCache.Faults.Nemeses;

/// <summary>Asks silos for the rows of a writer that has died, and finds when the first value of each is stored again.</summary>
internal static class StoredAgain
{
    /// <summary>What a silo's timer and these questions may take on a machine that is busy.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The dead process may have been making a value under a token. Of one whose tags it had named, the end of the hold tells that it is worth nothing, and the next reader gets the token; of one that learns of its tag only
    /// when the row has been read, readers wait until the token's lease is over.
    /// </summary>
    private static readonly TimeSpan GenerationLease = new TagCacheOptions().GenerationLease;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    /// <exception cref="InvalidOperationException">A value was stored while it was held, or not soon after.</exception>
    public static async Task Measure(TestCluster cluster, int writer, TimeSpan atMost)
    {
        var (asked, held) = (cluster.Commits!.Of(writer, WriterCell.AskedAt), cluster.Commits.Of(writer, WriterCell.HeldAt));
        using var client = new HttpClient();
        var answers = await Task.WhenAll(DatabaseLayout.OwnRowsOf(writer).Select((row, i) => FirstAnswer(cluster, client, i % TestCluster.Silos, row)));
        foreach (var (row, start, end) in answers)
        {
            if (cluster.Time.GetElapsedTime(asked, end) < LeaseTerms.Usable(atMost))
            {
                throw new InvalidOperationException($"A value of {DatabaseLayout.KeyOf(row)} was stored {cluster.Time.GetElapsedTime(asked, end)} after its tag was held for {atMost}.");
            }

            var isLate = DatabaseLayout.IsLearntLate(row);
            if (cluster.Time.GetElapsedTime(held, start) > LeaseTerms.WaitOut(atMost) + Slack + (isLate ? GenerationLease : TimeSpan.Zero))
            {
                throw new InvalidOperationException($"No value of {DatabaseLayout.KeyOf(row)} was stored for {cluster.Time.GetElapsedTime(held, start)} after its tag was held for {atMost}.");
            }

            if (!isLate)
            {
                cluster.StoredAgain.Add(cluster.Time.GetElapsedTime(held, end) - atMost);
            }
        }
    }

    /// <summary>When the question began and ended that was the first to be answered with what is stored. Applications ask for it all the time, and make it.</summary>
    private static async Task<(int Row, long Start, long End)> FirstAnswer(TestCluster cluster, HttpClient client, int silo, int row)
    {
        (int Row, long Start, long End) answered = default;
        using var timer = new PeriodicTimer(Look, cluster.Time);
        do
        {
            var start = cluster.Time.GetTimestamp();
            using var look = new HttpRequestMessage(HttpMethod.Head, new Uri($"http://127.0.0.1:{cluster.HttpPort(silo)}/v1/entry?key={DatabaseLayout.KeyOf(row)}"));
            using var answer = await client.SendAsync(look);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                answered = (row, start, cluster.Time.GetTimestamp());
            }
            else if (cluster.Time.GetElapsedTime(cluster.Commits!.Of((row - DatabaseLayout.SharedRows) / DatabaseLayout.OwnRows, WriterCell.HeldAt)) > TestCluster.Patience)
            {
                throw new InvalidOperationException($"{DatabaseLayout.KeyOf(row)} was never stored again.");
            }
        }
        while (answered == default && await timer.WaitForNextTickAsync());

        return answered;
    }
}
