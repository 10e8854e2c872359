using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Authentication;

/// <summary>Ends the token of a call that is refused before an endpoint sees it: its caller goes on without it, and others must not wait for it.</summary>
internal sealed class RefusedCallTokens(SealedTokens tokens, EntryClient entries, TagCacheClientOptions options)
{
    public async Task End(HttpRequest request, ApiCaller caller)
    {
        if (!request.Headers.TryGetValue(SealedTokens.Header, out var token) || !caller.May(Scopes.Write))
        {
            return;
        }

        string scoped;
        try
        {
            scoped = caller.Namespace.Scope(Query.Key(request, options.MaximumKeyLength));
        }
        catch (ArgumentException)
        {
            // Without a key there is no token of it.
            return;
        }

        var id = await tokens.Verify(scoped, token.ToString());
        if (!id.IsNone)
        {
            await entries.TryAbandon(scoped, id);
        }
    }
}
