using System.Globalization;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>The sample application as a person uses it: a silo process, the application's process, and a real browser.</summary>
public sealed class CitiesTests
{
    [BrowserFact]
    public async Task City_EditedInABrowser_ShowsTheChangeOnTheNextPageAndEverywhere()
    {
        var ports = FreePorts.Take(4);
        var address = $"http://127.0.0.1:{ports[3]}";
        await using var silo = await ChildProcess.Start(
            "dotnet",
            [Repository.SiloProgram, "--urls", $"http://127.0.0.1:{ports[0]}", $"--TagCache:SiloPort={ports[1]}", $"--TagCache:GatewayPort={ports[2]}"],
            "OrleansTagCache is ready.");
        var folder = Directory.CreateTempSubdirectory("cities");
        await using var cities = await ChildProcess.Start(
            "dotnet",
            [Repository.CitiesProgram, "--urls", address, $"--Cluster:Gateways={ports[2]}", $"--Database={Path.Combine(folder.FullName, "cities.db")}"],
            "Application started.");

        using var service = ChromeDriverService.CreateDefaultService(Programs.ChromeDriver);
        using (var browser = new ChromeDriver(service, Browsers.Options(folder)))
        {
            Visit(browser, address);
        }

        folder.Delete(recursive: true);
    }

    private static void Visit(ChromeDriver browser, string address)
    {
        // Lyon, its region and its country, each twice: made, then found.
        string[] pages = [$"{address}/city/2996944", $"{address}/admin1/FR.84", $"{address}/country/FR", address];
        foreach (var page in pages)
        {
            browser.Navigate().GoToUrl(page);
            Assert.Contains("generated now", BadgeOf(browser), StringComparison.Ordinal);
            browser.Navigate().GoToUrl(page);
            Assert.Contains("hit", BadgeOf(browser), StringComparison.Ordinal);
        }

        browser.Navigate().GoToUrl(pages[0]);
        Fill(browser, "name", "Lyon-sur-Test");
        Fill(browser, "population", "512345");
        browser.FindElement(By.CssSelector("form[method=post] button")).Click();

        // The old page says "hit", until it is gone.
        Browsers.Wait(browser).Until(_ => !BadgeOf(browser).Contains("hit", StringComparison.Ordinal));
        Assert.Contains("generated now", BadgeOf(browser), StringComparison.Ordinal);
        Screenshot(browser, "city");
        foreach (var page in pages[..3])
        {
            browser.Navigate().GoToUrl(page);
            Assert.Contains("Lyon-sur-Test", browser.PageSource, StringComparison.Ordinal);
            Assert.Contains(512_345.ToString("N0", CultureInfo.InvariantCulture), browser.PageSource, StringComparison.Ordinal);
        }

        browser.Navigate().GoToUrl(address);
        Assert.Contains("generated now", BadgeOf(browser), StringComparison.Ordinal);
        Screenshot(browser, "world");
    }

    private static string BadgeOf(ChromeDriver browser) => browser.FindElement(By.CssSelector(".badge .state")).Text;

    private static void Fill(ChromeDriver browser, string name, string value)
    {
        var field = browser.FindElement(By.Name(name));
        field.Clear();
        field.SendKeys(value);
    }

    private static void Screenshot(ChromeDriver browser, string name) =>
        browser.GetScreenshot().SaveAsFile(Path.Combine(AppContext.BaseDirectory, $"cities-{name}.png"));
}
