using System.Collections.ObjectModel;
using Deque.AxeCore.Commons;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>A silo with keys and entries, and a browser with the operators' page, for all tests of the page. When it is disposed the browser must have refused nothing.</summary>
public sealed class UiBrowser : IAsyncLifetime
{
    /// <summary>What would run if a name or a value were taken for markup.</summary>
    public const string Hostile = "<script>alert(1)</script><img src=x onerror=alert(2)>";

    /// <summary>Turned around, with a mark that nobody sees.</summary>
    public const string Turned = "rtl \u202Egnp.exe\u202C שלום";

    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private readonly UiSilo _silo = new();
    private readonly List<string> _refusals = [];
    private DirectoryInfo? _folder;
    private ChromeDriverService? _service;
    private ChromeDriver? _driver;

    public UiSilo Silo => _silo;

    public ChromeDriver Driver => _driver!;

    public async Task InitializeAsync()
    {
        if (Programs.Chromium is null || Programs.ChromeDriver is null)
        {
            // The tests are skipped.
            return;
        }

        await _silo.InitializeAsync();
        await Fill();
        _folder = Directory.CreateTempSubdirectory("ui-browser");
        _service = ChromeDriverService.CreateDefaultService(Programs.ChromeDriver);
        var options = Browsers.Options(_folder);
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        _driver = new(_service, options);
    }

    public async Task DisposeAsync()
    {
        if (_driver is null)
        {
            return;
        }

        _refusals.AddRange(Refusals());
        _driver.Dispose();
        _service!.Dispose();
        _folder!.Delete(recursive: true);
        await _silo.DisposeAsync();
        Assert.Empty(_refusals);
    }

    /// <summary>A client with all scopes.</summary>
    public HttpClient Api()
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = _silo.Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _silo.Operator);
        return http;
    }

    /// <summary>Opens the page without a session.</summary>
    public void Open(string view = "")
    {
        Driver.Navigate().GoToUrl("about:blank");
        Driver.Navigate().GoToUrl(new Uri(_silo.Http.BaseAddress!, "/ui"));
        Driver.Manage().Cookies.DeleteAllCookies();
        Driver.Navigate().GoToUrl("about:blank");
        Driver.Navigate().GoToUrl(new Uri(_silo.Http.BaseAddress!, $"/ui{view}"));
    }

    /// <summary>Opens the page, and signs in.</summary>
    public void SignIn(string? key = null, string view = "")
    {
        Open(view);
        Find("#key").SendKeys((key ?? _silo.Operator) + Keys.Enter);
        Find("nav a[aria-current]");
    }

    public void Go(string view, string shows)
    {
        Driver.ExecuteScript("location.hash = arguments[0]", view);
        Find(shows);
    }

    /// <summary>The element, when it is there to be seen.</summary>
    public IWebElement Find(string css) => Until(() => Driver.FindElements(By.CssSelector(css)).FirstOrDefault(element => element.Displayed), css);

    public IWebElement Button(string text) => Until(() => Driver.FindElements(By.XPath($"//button[normalize-space()='{text}']")).FirstOrDefault(element => element.Displayed), text);

    public void Says(string text) => Until(() => Driver.FindElement(By.TagName("body")).Text.Contains(text, StringComparison.Ordinal) ? text : null, text);

    public T Until<T>(Func<T?> look, string what)
        where T : class
    {
        var wait = Browsers.Wait(Driver);
        wait.Message = $"{what}\n{Driver.FindElement(By.TagName("body")).Text}";
        return wait.Until(_ => look())!;
    }

    public void Look(int width, bool dark)
    {
        Driver.ExecuteCdpCommand("Emulation.setDeviceMetricsOverride", new() { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        Driver.ExecuteCdpCommand("Emulation.setEmulatedMedia", new()
        {
            ["features"] = new object[] { new Dictionary<string, object> { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" } },
        });
    }

    /// <summary>What axe finds wrong with what is shown.</summary>
    public IEnumerable<string> Faults()
    {
        if (Driver.ExecuteScript("return typeof axe === 'undefined'") is true)
        {
            Driver.ExecuteScript(new BundledAxeScriptProvider().GetScript());
        }

        var faults = (ReadOnlyCollection<object>)Driver.ExecuteAsyncScript("""
            const done = arguments[0];
            axe.run(document, { resultTypes: ['violations'] }).then(found => done(found.violations.map(fault => `${fault.id}: ${fault.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | ')}`)), error => done([String(error)]));
            """)!;
        return faults.Cast<string>();
    }

    /// <summary>What the browser refuses while something is done, such as what breaks the policy of the page. All else that it refuses is a fault.</summary>
    public string[] RefusalsOf(Action what)
    {
        _refusals.AddRange(Refusals());
        what();
        return Refusals();
    }

    /// <summary>What the browser has refused since it was asked last. Answers that are errors are noted by it as well: those are looked for by tests.</summary>
    private string[] Refusals() =>
    [
        .. Driver.Manage().Logs.GetLog(LogType.Browser)
            .Where(entry => entry.Level >= LogLevel.Warning && !entry.Message.Contains("Failed to load resource", StringComparison.Ordinal)).Select(entry => entry.Message),
    ];

    private async Task Fill()
    {
        using var api = Api();
        for (var i = 0; i < 130; i++)
        {
            (await api.Put($"product:{i}", new StringContent($$"""{"id":{{i}},"price":9007199254740993,"tags":["a"]}""", null, "application/json"), $"&tag=products&tag=category:{i % 5}&life=hours")).IsDone();
        }

        (await api.Put(Hostile, new StringContent(Hostile, null, "text/html"), $"&tag={SiloCalls.Escape(Hostile)}")).IsDone();
        (await api.Put("svg", new StringContent("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(3)'><script>alert(4)</script></svg>", null, "image/svg+xml"))).IsDone();
        (await api.Put("not a png", new StringContent(Hostile, null, "image/png"))).IsDone();
        (await api.Put("png", Typed(Png, "image/png"))).IsDone();
        (await api.Put("bytes", Typed([.. Enumerable.Range(0, 700).Select(i => (byte)i)], "application/octet-stream"))).IsDone();
        (await api.Put(Turned, "value", $"&tag={SiloCalls.Escape(Turned)}")).IsDone();
        (await api.Put(new string('k', 1_024), "value", $"&tag={new string('t', 256)}")).IsDone();
    }

    private static ByteArrayContent Typed(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new(type) } };
}
