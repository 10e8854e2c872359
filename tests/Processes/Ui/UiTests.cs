using OpenQA.Selenium;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>The operators' page as a person uses it, in a real browser.</summary>
public sealed class UiTests(UiBrowser browser) : IClassFixture<UiBrowser>
{
    [BrowserFact]
    public void Views_HaveNoFaultOfAccessibility_AndFit_AtBothWidths_InLightAndDark()
    {
        browser.Open();
        browser.Find("#key");
        Check("sign in");
        browser.Find("#key").SendKeys(browser.Silo.Operator + Keys.Enter);
        foreach (var (view, shows) in new[]
        {
            ("#/cluster", "tbody th"), ("#/traffic", "figure"), ("#/tags", "tbody a"), ("#/tags/products", "tbody a"), ($"#/tags/{Uri.EscapeDataString(UiBrowser.Turned)}", "tbody a"),
            ("#/keys", "#find"), ("#/keys/product%3A7", "section"), ($"#/keys/{new string('k', 1_024)}", "section"), ("#/keys/nothing", ".notice"), ("#/updates", "table"),
        })
        {
            browser.Go(view, $"main {shows}");
            Check(view);
        }

        browser.Go("#/cluster", "details.more");
        browser.Find("details.more summary").Click();
        browser.Says("Thread pool");
        Check("machines");
        browser.Go("#/tags/products", "tbody a");
        browser.Button("Revalidate…").Click();
        browser.Find("dialog select");
        Check("dialog");
    }

    private void Check(string what)
    {
        foreach (var (width, dark) in new[] { (1_440, false), (1_440, true), (375, false), (375, true) })
        {
            browser.Look(width, dark);
            Assert.Equal((what, width, dark, string.Empty), (what, width, dark, string.Join('\n', browser.Faults())));
            Assert.Equal((what, width, true), (what, width, (bool)browser.Driver.ExecuteScript("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")!));
        }
    }

    [BrowserFact]
    public void SignIn_WithAWrongKey_SaysSo_AndWithAGoodOne_OpensTheViewThatWasAskedFor()
    {
        browser.Open("#/tags/products");
        browser.Find("#key").SendKeys("otc_wrong" + Keys.Enter);
        browser.Says("This is not an API key of the cluster, or it has expired.");
        browser.Find("#key").Clear();
        browser.Find("#key").SendKeys(browser.Silo.Reader + Keys.Enter);
        browser.Says("The key does not have the scope 'admin'.");

        browser.Find("#key").Clear();
        browser.Find("#key").SendKeys(browser.Silo.Operator + Keys.Enter);
        Assert.Equal("products", browser.Find("h1 bdi").Text);
        Assert.DoesNotContain(browser.Silo.Operator, browser.Driver.PageSource, StringComparison.Ordinal);
        Assert.DoesNotContain("otc_", browser.Driver.Url, StringComparison.Ordinal);
        Assert.Equal(0L, browser.Driver.ExecuteScript("return localStorage.length + sessionStorage.length"));
        Assert.Equal(string.Empty, browser.Driver.ExecuteScript("return document.cookie"));

        browser.Button("Sign out").Click();
        browser.Says("You have signed out.");
        browser.Driver.Navigate().Refresh();
        browser.Find("#key");
    }

    [BrowserFact]
    public void Key_ThatIsRemoved_EndsTheSession()
    {
        var key = browser.Silo.Add("read,admin");
        browser.Silo.Take();
        browser.SignIn(key, "#/tags");
        browser.Find("tbody a");
        Assert.Equal("true", Disabled("#/tags/products", "Update…"));

        browser.Silo.Remove(key);
        browser.Silo.Take();
        browser.Button("Refresh").Click();
        browser.Says("The session has ended");
        browser.Find("#key");

        string? Disabled(string view, string button)
        {
            browser.Go(view, "tbody a");
            return browser.Button(button).GetAttribute("aria-disabled");
        }
    }

    [BrowserFact]
    public void NamesAndValues_ThatAreHostile_AreShownAsTheyAreAndDoNothing()
    {
        browser.SignIn(view: "#/tags");
        browser.Says(UiBrowser.Hostile);
        browser.Go($"#/tags/{Uri.EscapeDataString(UiBrowser.Hostile)}", "tbody a");
        Assert.Equal(UiBrowser.Hostile, browser.Find("h1").Text);
        browser.Find("tbody a").Click();
        browser.Button("Show the value").Click();
        Assert.Equal(UiBrowser.Hostile, browser.Find("pre").Text);
        browser.Button("Remove…").Click();
        browser.Says(UiBrowser.Hostile);
        browser.Button("Cancel").Click();

        Assert.Contains("<svg xmlns=", ValueOf("svg").Text, StringComparison.Ordinal);
        Assert.Equal(UiBrowser.Hostile, ValueOf("not a png").Text);
        Assert.StartsWith("000000  00 01 02", ValueOf("bytes").Text, StringComparison.Ordinal);
        Assert.Contains("\"price\": 9007199254740993", ValueOf("product:3").Text, StringComparison.Ordinal);
        Open("png");
        Assert.StartsWith("blob:", browser.Find("figure img").GetAttribute("src"), StringComparison.Ordinal);
        browser.Says("image/png, 1 × 1");
        Open(UiBrowser.Turned);
        Assert.Equal("rtl U+202Egnp.exeU+202C שלום", browser.Find("h1").Text);

        Assert.Equal(0L, browser.Driver.ExecuteScript("return document.querySelectorAll('main script, main svg, main iframe, img[src=x]').length"));

        void Open(string key)
        {
            browser.Go($"#/keys/{Uri.EscapeDataString(key)}", "section");
            browser.Until(() => browser.Find("h1").Text.StartsWith(key.Split(' ')[0], StringComparison.Ordinal) ? key : null, key);
            browser.Button("Show the value").Click();
        }

        IWebElement ValueOf(string key)
        {
            Open(key);
            return browser.Find("pre");
        }
    }

    /// <summary>Nothing of the page makes markup or script of text; were something to, the browser refuses it.</summary>
    [BrowserFact]
    public void Policy_IsInForce()
    {
        browser.SignIn();
        object? refused = null;

        var told = browser.RefusalsOf(() => refused = browser.Driver.ExecuteAsyncScript("""
            const done = arguments[0];
            const refused = [];
            document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
            try { document.body.insertAdjacentHTML('beforeend', '<i>markup</i>'); } catch (error) { refused.push(error.name); }
            const image = new Image();
            image.onerror = () => setTimeout(() => done(refused.join(' ') + (document.querySelector('i') ? ' made' : '')));
            image.src = 'http://127.0.0.2/image';
            """));

        Assert.Equal("TypeError require-trusted-types-for img-src", refused);
        Assert.Equal(2, told.Length);
    }

    [BrowserFact]
    public async Task Update_ByTheKeyboardAlone_AsksFirst_AndExpiresEverywhere()
    {
        using var api = browser.Api();
        (await api.Put("keyboard:1", "value", "&tag=keyboard&life=hours")).IsDone();
        browser.SignIn(view: "#/tags/keyboard");
        browser.Find("tbody a");
        browser.Look(1_440, dark: false);

        // From the top: past the skip link and the views, to the last button of the heading.
        browser.Driver.ExecuteScript("document.activeElement.blur()");
        Press(Keys.Tab, until: "Update…");
        Press(Keys.Enter);
        Assert.Equal("Cancel", Focused());
        Press(Keys.Escape);
        browser.Until(() => browser.Driver.FindElements(By.TagName("dialog")).Count == 0 ? "closed" : null, "the dialog to close");
        Assert.Equal("Update…", Focused());
        (await api.Read("keyboard:1")).IsHit("value");

        Press(Keys.Enter);
        Press(Keys.Tab, until: "Update the tag");
        Press(Keys.Enter);
        browser.Says("The tag was updated in");
        browser.Says("No entry bears the tag now.");
        Assert.Equal(404, (await api.Info("keyboard:1")).Status);
    }

    [BrowserFact]
    public async Task Traffic_IsShownAsItHappens_AndStopsWhileTheTabIsHidden()
    {
        using var api = browser.Api();
        browser.SignIn(view: "#/traffic");
        browser.Find("[data-state=live]");
        await Waits.While(
            () =>
            {
                browser.Until(() => Value("Updates") is not ("–" or "0/s") ? "shown" : null, "updates in the plot");
                browser.Until(() => Value("p99").EndsWith('s') ? "shown" : null, "how long they take");
                return Task.CompletedTask;
            },
            [_ => api.Update("traffic")]);
        browser.Find("figure details summary").Click();
        browser.Find("figure details tbody td");
        Assert.Equal(4L, browser.Driver.ExecuteScript("return document.querySelectorAll('figure canvas').length"));

        browser.Driver.ExecuteScript("""
            Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
            """);
        browser.Find("[data-state=paused]");
        await browser.Silo.NoRequestRuns();
        browser.Driver.ExecuteScript("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'));");
        browser.Find("[data-state=live]");

        string Value(string name) => browser.Driver.FindElement(By.XPath($"//figure//dl/div[normalize-space(dt)='{name}']/dd")).Text;
    }

    /// <summary>What the plots show, from counters that rise.</summary>
    [BrowserFact]
    public void Figures_AreDifferencesOfCounters_WhicheverSilosThereAre()
    {
        browser.Open();
        var told = browser.Driver.ExecuteAsyncScript("""
            const done = arguments[0];
            import(new URL('ui/traffic.js', location.href)).then(({ pointOf, differences, quantile }) => {
              const silo = (name, hits, misses, counts) => ({ silo: name, hits, near: 0, stale: 0, misses, updates: counts.at(-1), updateSeconds: 0, updateBuckets: counts.map((count, i) => ({ le: [0.01, 0.1, null][i], count })) });
              const before = { members: [silo('a', 100, 10, [1, 2, 3]), silo('b', 50, 5, [0, 0, 0]), silo('gone', 7, 7, [7, 7, 7])] };
              const event = { members: [silo('a', 130, 20, [5, 10, 13]), silo('b', 40, 5, [0, 0, 0]), silo('new', 1000, 1000, [9, 9, 9])] };
              const point = pointOf(before, event, 2, 2);
              done(JSON.stringify([point.hits, point.misses, point.hitRatio, point.updates, point.buckets, quantile(point.buckets, 0.2), +quantile(point.buckets, 0.6).toFixed(4), quantile(point.buckets, 0.99), quantile([], 0.5)]));
            }, error => done(String(error)));
            """);
        Assert.Equal("[15,5,0.75,5,[{\"le\":0.01,\"count\":4},{\"le\":0.1,\"count\":4},{\"le\":null,\"count\":2}],0.005,0.055,0.1,null]", told);
    }

    [BrowserFact]
    public async Task Revalidation_AndRemoval_SayWhatCameOfThem()
    {
        using var api = browser.Api();
        (await api.Put("acts:1", "value", "&tag=acts&life=hours")).IsDone();
        browser.SignIn(view: "#/tags/acts");
        browser.Button("Revalidate…").Click();
        browser.Find("dialog select").SendKeys("hours");
        browser.Button("Revalidate the tag").Click();
        browser.Says("The tag was revalidated in");
        Assert.Equal("stale", (await api.Info("acts:1")).Json.GetProperty("state").GetString());

        browser.Find("tbody a").Click();
        browser.Button("Remove…").Click();
        browser.Button("Remove the entry").Click();
        browser.Says("The entry was removed");
        browser.Says("There is no such entry");
        Assert.Equal(404, (await api.Info("acts:1")).Status);
    }

    private void Press(string key, string? until = null)
    {
        for (var presses = 0; presses == 0 || (until is not null && Focused() != until); presses++)
        {
            Assert.True(presses < 40, $"'{until}' cannot be reached: {Focused()}.");
            browser.Driver.SwitchTo().ActiveElement().SendKeys(key);
        }
    }

    private string Focused() => browser.Driver.SwitchTo().ActiveElement().Text;
}
