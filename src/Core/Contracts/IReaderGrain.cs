using OrleansTagCache.Coherence;

namespace OrleansTagCache.Contracts;

/// <summary>
/// Reads many entries of one silo in one message: each costs a small part of a call. Its identity is that silo's address, and it runs there or nowhere.
/// It gives fresh values alone; whatever else there is to say of an entry, its own grain says.
/// </summary>
[Alias("otc.IReaderGrain")]
internal interface IReaderGrain : IGrainWithStringKey
{
    [Alias("Read"), ResponseTimeout("00:00:02")]
    ValueTask<ReadAnswers> Read(ReadQuestions questions);
}

/// <summary>What is read together.</summary>
/// <param name="ScopedKeys">The identities of the entries.</param>
/// <param name="Sessions">The sessions that the reader holds, if it is a client that keeps values near; null if it is none.</param>
[GenerateSerializer, Immutable, Alias("otc.ReadQuestions")]
internal sealed record ReadQuestions([property: Id(0)] string[] ScopedKeys, [property: Id(1)] SessionId[]? Sessions);

/// <summary>What was found, in the order of the questions.</summary>
/// <param name="Entries">The fresh values; null where there is none to give.</param>
/// <param name="Near">What was said of keeping them near; null if the question named no sessions.</param>
[GenerateSerializer, Immutable, Alias("otc.ReadAnswers")]
internal sealed record ReadAnswers([property: Id(0)] EntrySnapshot?[] Entries, [property: Id(1)] NearTerms?[]? Near);
