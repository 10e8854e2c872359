using OpenQA.Selenium.Chrome;

namespace OrleansTagCache.Tests.Processes;

/// <summary>How tests start a browser: without a window, and talking to nobody but the application.</summary>
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
}
