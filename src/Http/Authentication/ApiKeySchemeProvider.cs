using Microsoft.AspNetCore.Authentication;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// The authentication schemes of the application, and the API's own, which is found by its name alone. Among the application's schemes it would be taken for a default: ASP.NET Core
/// makes one of a scheme that is the only one, so the API's keys would open the application's endpoints, or the application's only scheme would be a default no more.
/// </summary>
internal sealed class ApiKeySchemeProvider(IAuthenticationSchemeProvider application) : IAuthenticationSchemeProvider
{
    private static readonly Task<AuthenticationScheme?> Scheme =
        Task.FromResult<AuthenticationScheme?>(new(TagCacheAuthorization.Scheme, displayName: null, typeof(ApiKeyHandler)));

    public Task<AuthenticationScheme?> GetSchemeAsync(string name) =>
        string.Equals(name, TagCacheAuthorization.Scheme, StringComparison.Ordinal) ? Scheme : application.GetSchemeAsync(name);

    public void AddScheme(AuthenticationScheme scheme) => application.AddScheme(scheme);

    public bool TryAddScheme(AuthenticationScheme scheme) => application.TryAddScheme(scheme);

    public void RemoveScheme(string name) => application.RemoveScheme(name);

    public Task<IEnumerable<AuthenticationScheme>> GetAllSchemesAsync() => application.GetAllSchemesAsync();

    public Task<IEnumerable<AuthenticationScheme>> GetRequestHandlerSchemesAsync() => application.GetRequestHandlerSchemesAsync();

    public Task<AuthenticationScheme?> GetDefaultAuthenticateSchemeAsync() => application.GetDefaultAuthenticateSchemeAsync();

    public Task<AuthenticationScheme?> GetDefaultChallengeSchemeAsync() => application.GetDefaultChallengeSchemeAsync();

    public Task<AuthenticationScheme?> GetDefaultForbidSchemeAsync() => application.GetDefaultForbidSchemeAsync();

    public Task<AuthenticationScheme?> GetDefaultSignInSchemeAsync() => application.GetDefaultSignInSchemeAsync();

    public Task<AuthenticationScheme?> GetDefaultSignOutSchemeAsync() => application.GetDefaultSignOutSchemeAsync();
}
