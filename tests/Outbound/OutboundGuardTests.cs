using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Outbound;
using Xunit;

namespace OrleansTagCache.Tests.Outbound;

/// <summary>A guarded client goes where it may, by every way that leads elsewhere it goes nowhere, and it takes no more than it may.</summary>
public sealed class OutboundGuardTests : IAsyncLifetime
{
    private readonly Names _names = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _asked = new();
    private WebApplication? _server;

    private int Port => new Uri(_server!.Urls.Single()).Port;

    public static TheoryData<string> Written => [.. BadAddress.Written];

    public static TheoryData<string> Resolved => [.. BadAddress.Resolved];

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Run(Serve);
        await _server.StartAsync();
    }

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    [Fact]
    public async Task Request_ToAnAllowedHost_IsAnswered() => Assert.Equal("here", await Get("/here"));

    [Theory]
    [InlineData(3, HttpVersionPolicy.RequestVersionExact)]
    [InlineData(1, HttpVersionPolicy.RequestVersionOrHigher)]
    public async Task Request_ThatAsksForHttp3_GoesByTheConnectionThatIsGuarded(int version, HttpVersionPolicy policy)
    {
        using var http = Loopback();
        using var request = new HttpRequestMessage(HttpMethod.Get, Address("/here")) { Version = new(version, 0), VersionPolicy = policy };
        using var response = await http.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, HttpVersionPolicy.RequestVersionOrLower), (response.StatusCode, request.VersionPolicy));
    }

    [Theory, MemberData(nameof(Written))]
    public async Task Address_ThatIsWrittenSo_IsNotCalled(string address)
    {
        using var http = Client(options => options.AllowedHosts.Add("good.example"));
        await Assert.ThrowsAsync<OutboundRefusedException>(() => http.GetAsync(new Uri(address)));
        Assert.Empty(_names.Asked);
    }

    [Theory, MemberData(nameof(Resolved))]
    public async Task Address_ThatTheHostIsResolvedTo_IsNotCalled(string address)
    {
        _names.Next.Enqueue([IPAddress.Parse(address)]);
        using var http = Client(options => options.AllowedHosts.Add("good.example"));
        var refusal = await Assert.ThrowsAsync<OutboundRefusedException>(() => http.GetAsync(new Uri("https://good.example/")));
        Assert.Contains("has an address that is", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_WithOneAddressThatIsSpecial_IsNotCalledAtAnother()
    {
        _names.Next.Enqueue([IPAddress.Parse("8.8.8.8"), IPAddress.Loopback]);
        using var http = Client(options => options.AllowedHosts.Add("good.example"));
        await Assert.ThrowsAsync<OutboundRefusedException>(() => http.GetAsync(new Uri("https://good.example/")));
    }

    [Fact]
    public async Task Host_IsResolvedOnce_AndCalledWhereItWasThen()
    {
        _names.Next.Enqueue([IPAddress.Loopback]);
        _names.Next.Enqueue([IPAddress.Parse("127.0.0.2")]);
        Assert.Equal("here", await Get("/here"));
        Assert.Single(_names.Asked);
    }

    [Theory]
    [InlineData("/to?https://127.0.0.1/")]
    [InlineData("/to?http://127.0.0.1:PORT/here")]
    [InlineData("/to?http://169.254.169.254/")]
    [InlineData("/to?//evil.example/")]
    [InlineData("/to?http://user@good.example:PORT/here")]
    [InlineData("/to?file:///etc/passwd")]
    [InlineData("/loop")]
    public async Task Redirect_ThatLeadsElsewhereOrNowhere_IsNotFollowed(string path) =>
        await Assert.ThrowsAsync<OutboundRefusedException>(() => Get(path.Replace("PORT", $"{Port}", StringComparison.Ordinal)));

    [Fact]
    public async Task Redirect_ToAnAllowedHost_IsFollowed() => Assert.Equal("here", await Get($"/to?http://other.example:{Port}/here"));

    [Fact]
    public async Task Redirect_ToAHostThatIsSpecialNow_IsNotFollowed()
    {
        _names.Next.Enqueue([IPAddress.Loopback]);
        _names.Next.Enqueue([IPAddress.Parse("10.0.0.1")]);
        await Assert.ThrowsAsync<OutboundRefusedException>(() => Get($"/to?http://other.example:{Port}/here"));
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("Cookie")]
    [InlineData("Host")]
    public async Task Request_WithCredentials_IsNotSent(string header)
    {
        using var http = Loopback();
        http.DefaultRequestHeaders.TryAddWithoutValidation(header, "x");
        await Assert.ThrowsAsync<OutboundRefusedException>(() => http.GetAsync(Address("/here")));
        Assert.Empty(_names.Asked);
    }

    [Fact]
    public async Task Cookies_AreNotKept()
    {
        using var http = Loopback();
        await http.GetAsync(Address("/cookie"));
        Assert.Equal("none", await http.GetStringAsync(Address("/cookie")));
    }

    [Fact]
    public async Task Header_ThatIsNotNeutral_DoesNotGoToAnotherHost()
    {
        using var http = Loopback();
        http.DefaultRequestHeaders.Add("X-Api-Key", "secret");
        Assert.Equal("secret", await http.GetStringAsync(Address("/header")));
        Assert.Equal("none", await http.GetStringAsync(Address($"/to?http://other.example:{Port}/header")));
    }

    [Theory]
    [InlineData("/large?length")]
    [InlineData("/large")]
    public async Task Response_ThatIsTooLarge_IsNotTaken(string path)
    {
        var refusal = await Assert.ThrowsAsync<OutboundRefusedException>(() => Get(path));
        Assert.Contains("MaximumResponseBytes", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_WhoseBodyDoesNotEnd_IsNotWaitedForLongerThanTheTimeout()
    {
        var getting = Get("/slow");
        await _asked.Task.Soon();
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Contains("(Timeout)", (await Assert.ThrowsAsync<OutboundRefusedException>(() => getting)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_WithFaults_NameThemAll()
    {
        using var provider = new ServiceCollection().AddHttpClient("bad").AddOutboundGuard(options =>
        {
            options.AllowedHosts.Add("a b");
            options.AllowedHosts.Add("*.1.2.3.4");
            options.AllowedHosts.Add("good.example:0");
            options.AllowedNetworks.Add("10.0.0.0/33");
            options.MaximumRedirects = -1;
        }).Services.BuildServiceProvider();
        var fault = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("bad"));
        Assert.Equal(5, fault.Failures.Count());
        Assert.Contains("MaximumRedirects: The field bad.MaximumRedirects must be between 0 and 20.", fault.Failures);
    }

    private async Task Serve(HttpContext http)
    {
        var path = http.Request.Path.Value!;
        if (path == "/to" || path == "/loop")
        {
            http.Response.Redirect(path == "/loop" ? "/loop" : http.Request.QueryString.Value![1..]);
            return;
        }

        if (path == "/large")
        {
            http.Response.ContentLength = http.Request.QueryString.HasValue ? 2_000 : null;
            await http.Response.Body.WriteAsync(new byte[2_000]);
            return;
        }

        if (path == "/slow")
        {
            await http.Response.WriteAsync("begun");
            await http.Response.Body.FlushAsync();
            _asked.SetResult();
            await Aborted(http);
            return;
        }

        http.Response.Cookies.Append("kept", "yes");
        await http.Response.WriteAsync(path switch
        {
            "/cookie" => http.Request.Cookies["kept"] ?? "none",
            "/header" => http.Request.Headers["X-Api-Key"].FirstOrDefault() ?? "none",
            _ => "here",
        });
    }

    private static Task Aborted(HttpContext http)
    {
        var aborted = new TaskCompletionSource();
        http.RequestAborted.Register(aborted.SetResult);
        return aborted.Task;
    }

    private Uri Address(string path) => new($"http://good.example:{Port}{path}");

    private async Task<string> Get(string path)
    {
        using var http = Loopback();
        return await http.GetStringAsync(Address(path));
    }

    private HttpClient Loopback() => Client(options =>
    {
        options.AllowedHosts.Add($"good.example:{Port}");
        options.AllowedHosts.Add($"*.example:{Port}");
        options.AllowedNetworks.Add("127.0.0.1/32");
        options.AllowHttp = true;
        options.MaximumResponseBytes = 1_000;
    });

    private HttpClient Client(Action<OutboundOptions> configure) => new ServiceCollection().AddSingleton<TimeProvider>(_time).AddSingleton<IHostResolver>(_names)
        .AddHttpClient("guarded").AddOutboundGuard(configure).Services.BuildServiceProvider().GetRequiredService<IHttpClientFactory>().CreateClient("guarded");

    /// <summary>Resolves names as it is told, else to this machine.</summary>
    private sealed class Names : IHostResolver
    {
        public List<string> Asked { get; } = [];

        public Queue<IPAddress[]> Next { get; } = [];

        public Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken)
        {
            Asked.Add(host);
            return Task.FromResult(Next.TryDequeue(out var addresses) ? addresses : [IPAddress.Loopback]);
        }
    }
}
