using System.Globalization;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>An application on two nodes, three silos, and a real browser that goes from node to node.</summary>
public sealed class StorefrontTests
{
    /// <summary>Which silo has which session cannot be seen from outside: of so many, the one that is killed mostly has one.</summary>
    private const int Visitors = 4;

    [BrowserFact]
    public async Task Shop_OnTwoNodes_HasOneCacheOneSessionAndOneSetOfForms()
    {
        await using var cluster = await SiloCluster.Start(silos: 3);
        await InABrowser(cluster, (browser, nodes) =>
        {
            Visit(browser, nodes);
            return Task.CompletedTask;
        });
    }

    /// <summary>Each silo is ended and started anew, and then one is killed: whichever has a session, its cart is the same, on either node.</summary>
    [BrowserFact]
    public async Task Session_OutlivesADeployAndTheDeathOfASilo()
    {
        await using var cluster = await SiloCluster.Start(silos: 3);
        await InABrowser(cluster, async (browser, nodes) =>
        {
            var cookies = new IReadOnlyCollection<Cookie>[Visitors];
            Array.Fill(cookies, []);
            AddToAll(nodes[0]);
            for (var silo = 0; silo < 3; silo++)
            {
                await cluster.WhenWhole();
                Assert.Equal(0, await cluster.Stop(silo));
                AssertAll(things: 1);
                await cluster.Restart(silo);
            }

            AddToAll(nodes[1]);

            // A set goes on after a second, whether its standby has it or not.
            await cluster.WhenWhole();
            await cluster.Kill(0);
            AssertAll(things: 2);
            browser.GetScreenshot().SaveAsFile(Path.Combine(AppContext.BaseDirectory, "storefront-cart.png"));

            void AddToAll(string node)
            {
                for (var visitor = 0; visitor < Visitors; visitor++)
                {
                    Become(visitor);
                    Add(browser, node);
                    cookies[visitor] = browser.Manage().Cookies.AllCookies;
                }
            }

            void AssertAll(int things)
            {
                for (var visitor = 0; visitor < Visitors; visitor++)
                {
                    Become(visitor);
                    Assert.All(nodes, node => Assert.Equal(things, Count(browser, node)));
                }
            }

            void Become(int visitor)
            {
                // A cookie is added to a page of its site.
                browser.Navigate().GoToUrl(nodes[0]);
                browser.Manage().Cookies.DeleteAllCookies();
                foreach (var cookie in cookies[visitor])
                {
                    browser.Manage().Cookies.AddCookie(cookie);
                }
            }
        });
    }

    private static async Task InABrowser(SiloCluster cluster, Func<ChromeDriver, string[], Task> visit)
    {
        var folder = Directory.CreateTempSubdirectory("storefront");
        var ports = FreePorts.Take(2);
        await using var one = await Node(0);
        await using var other = await Node(1);
        using var service = ChromeDriverService.CreateDefaultService(Programs.ChromeDriver);
        using (var browser = new ChromeDriver(service, Browsers.Options(folder)))
        {
            await visit(browser, [.. ports.Select(port => $"http://127.0.0.1:{port}")]);
        }

        folder.Delete(recursive: true);

        Task<ChildProcess> Node(int node) => ChildProcess.Start(
            "dotnet",
            [
                Repository.StorefrontProgram,
                "--urls", $"http://127.0.0.1:{ports[node]}",
                $"--Redis={cluster.Redis}",
                $"--Database={Path.Combine(folder.FullName, "storefront.db")}",
                $"--Keys={Path.Combine(folder.FullName, "keys")}",
            ],
            "Application started.");
    }

    private static void Add(ChromeDriver browser, string node)
    {
        browser.Navigate().GoToUrl($"{node}/product/2");
        browser.FindElement(By.Id("add")).Click();
        Browsers.Wait(browser).Until(_ => browser.Url == $"{node}/cart");
    }

    private static int Count(ChromeDriver browser, string node)
    {
        browser.Navigate().GoToUrl($"{node}/cart");
        return int.Parse(browser.FindElement(By.Id("count")).Text, CultureInfo.InvariantCulture);
    }

    private static void Visit(ChromeDriver browser, string[] nodes)
    {
        foreach (var node in nodes)
        {
            browser.Navigate().GoToUrl(node);
            Assert.Equal("34.50", browser.FindElement(By.Id("price-1")).Text);
            Assert.All(Prices(browser, node), price => Assert.Equal("34.50", price));
        }

        // A form that one node made is sent to the other: nothing binds a browser to a node.
        browser.Navigate().GoToUrl($"{nodes[0]}/product/1");
        browser.ExecuteScript($"document.forms[0].action = '{nodes[1]}/product/1/price'");
        var cents = browser.FindElement(By.Name("cents"));
        cents.Clear();
        cents.SendKeys("1999");
        browser.FindElement(By.Id("change")).Click();
        Browsers.Wait(browser).Until(_ => browser.Url == $"{nodes[1]}/product/1");
        foreach (var node in nodes)
        {
            Assert.All(Prices(browser, node), price => Assert.Equal("19.99", price));
            browser.Navigate().GoToUrl(node);
            Assert.Equal("19.99", browser.FindElement(By.Id("price-1")).Text);
        }

        // From the page of prices of one node, seen by the other when it has returned.
        browser.Navigate().GoToUrl($"{nodes[0]}/admin");
        browser.FindElement(By.CssSelector("#price-of-2 [name=cents]")).Clear();
        browser.FindElement(By.CssSelector("#price-of-2 [name=cents]")).SendKeys("1000");
        browser.FindElement(By.CssSelector("#price-of-2 button")).Click();
        Browsers.Wait(browser).Until(_ => browser.FindElements(By.CssSelector("#changes li")).Count == 2);
        Assert.Equal(["Teapot: 28.00 \u2192 10.00", "Kettle: 34.50 \u2192 19.99"], browser.FindElements(By.CssSelector("#changes li")).Select(change => change.Text));
        browser.Navigate().GoToUrl(nodes[1]);
        Assert.Equal("10.00", browser.FindElement(By.Id("price-2")).Text);

        browser.Navigate().GoToUrl($"{nodes[1]}/sale");
        Assert.Equal("19.99", browser.FindElement(By.Id("kettle")).Text);
        browser.FindElement(By.Id("halve")).Click();
        Browsers.Wait(browser).Until(_ => browser.FindElements(By.Id("kettle")) is [{ Text: "9.99" }]);
        Assert.All(nodes, node => Assert.All(Prices(browser, node), price => Assert.Equal("9.99", price)));

        for (var things = 1; things <= 4; things++)
        {
            Add(browser, nodes[things % 2]);
            Assert.Equal(things, Count(browser, nodes[(things + 1) % 2]));
        }

        browser.Navigate().GoToUrl($"{nodes[0]}/product/1");
        browser.GetScreenshot().SaveAsFile(Path.Combine(AppContext.BaseDirectory, "storefront-product.png"));
    }

    /// <summary>In the three styles.</summary>
    private static List<string> Prices(ChromeDriver browser, string node)
    {
        browser.Navigate().GoToUrl($"{node}/product/1");
        List<string> prices = [browser.FindElement(By.Id("own")).Text, browser.FindElement(By.Id("hybrid")).Text];
        browser.Navigate().GoToUrl($"{node}/label/1");
        prices.Add(browser.FindElement(By.Id("label")).Text);
        return prices;
    }
}
