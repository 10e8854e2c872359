using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using OpenQA.Selenium.Support.UI;

namespace OrleansTagCache.Tests.Processes;

/// <summary>How tests start a browser, without a window and talking to no one but the application, and wait for what it shows.</summary>
internal static class Browsers
{
    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,1100",
    ];

    /// <param name="folder">Where its profile goes.</param>
    public static ChromeOptions Options(DirectoryInfo folder)
    {
        var options = new ChromeOptions { BinaryLocation = Programs.Chromium };
        options.AddArguments([.. Arguments, $"--user-data-dir={Path.Combine(folder.FullName, "profile")}"]);
        return options;
    }

    /// <summary>Waits for what a page shows. It may be left while it is looked at, and its elements with it.</summary>
    public static WebDriverWait Wait(ChromeDriver browser)
    {
        var wait = new WebDriverWait(browser, TimeSpan.FromSeconds(30));
        wait.IgnoreExceptionTypes(typeof(StaleElementReferenceException), typeof(NoSuchElementException));
        return wait;
    }
}
