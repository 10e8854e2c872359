using Microsoft.AspNetCore.Antiforgery;
using OrleansTagCache.Samples.Cities.Actions;
using OrleansTagCache.Samples.Cities.Caching;
using OrleansTagCache.Samples.Cities.Database;

namespace OrleansTagCache.Samples.Cities.Pages;

/// <summary>The form as this reader sees it. It is never part of the cached model: its token belongs to one browser.</summary>
/// <param name="Values">What stands in the fields.</param>
/// <param name="Token">The antiforgery token.</param>
/// <param name="Fault">What went wrong apart from the fields.</param>
/// <param name="IsSaved">Whether the reader has just saved.</param>
internal sealed record CityFormView(CityForm Values, AntiforgeryTokenSet Token, string? Fault = null, bool IsSaved = false);

internal static class CityPage
{
    public static IResult Show(Served<City> served, City city, CityFormView form, int status = StatusCodes.Status200OK)
    {
        Crumb[] crumbs = [new(city.CountryName, Links.Country(city.Country)), new(city.Region, Links.Region(city.Region)), new(city.Name, Links.City(city.Id))];
        return Layout.Page(city.Name, crumbs, Badge.Of(served), Html.Of($"""
            {Notice(form)}
            <div class="columns">
              <section class="card" aria-labelledby="facts">
                <h2 id="facts">Facts</h2>
                <dl class="facts">
                  <dt>Population</dt><dd>{city.Population:N0}</dd>
                  <dt>Country</dt><dd><a href="{Links.Country(city.Country)}">{city.CountryName}</a></dd>
                  <dt>Region</dt><dd><a href="{Links.Region(city.Region)}">{city.Region}</a></dd>
                  <dt>Kind</dt><dd>{Kind(city.Feature)} <code>{city.Feature}</code></dd>
                  <dt>Position</dt><dd>{Degrees(city.Latitude, 'N', 'S')}, {Degrees(city.Longitude, 'E', 'W')}</dd>
                  <dt>GeoNames id</dt><dd>{city.Id}</dd>
                </dl>
                {MapImage.Markup((city.Latitude, city.Longitude), "The city on a map of the world")}
              </section>
              {Form(city, form)}
            </div>
            """), status);
    }

    private static Html Notice(CityFormView form) => form switch
    {
        { Fault: { } fault } => Html.Of($"""<p class="notice fault" role="alert">{fault}</p>"""),
        { IsSaved: true } => Html.Of($"""<p class="notice" role="status">Saved. Every page that shows this city is new from now on, on every server.</p>"""),
        _ => Html.Empty,
    };

    private static Html Form(City city, CityFormView form) => Html.Of($"""
        <section class="card" aria-labelledby="edit">
          <h2 id="edit">Edit</h2>
          <form method="post" action="{Links.City(city.Id)}">
            <input type="hidden" name="{form.Token.FormFieldName}" value="{form.Token.RequestToken}">
            <label for="name">Name</label>
            <input id="name" name="name" value="{form.Values.Name}" required maxlength="{CityForm.LongestName}" autocomplete="off"{Invalid("name", form.Values.NameFault)}>
            {Message("name", form.Values.NameFault)}
            <label for="population">Population</label>
            <input id="population" name="population" type="number" value="{form.Values.Population}" required min="0" max="{CityForm.GreatestPopulation}" autocomplete="off"{Invalid("population", form.Values.PopulationFault)}>
            {Message("population", form.Values.PopulationFault)}
            <button>Save and update the tags</button>
          </form>
          <p class="hint">Saving changes the database and then updates four tags: of the city, its region, its country and the world. The next
          reader of any of these pages, through any server, sees the change.</p>
        </section>
        """);

    private static Html Invalid(string field, string? fault) =>
        Html.If(fault is not null, Html.Of($" aria-invalid=\"true\" aria-describedby=\"{field}-fault\""));

    private static Html Message(string field, string? fault) =>
        Html.If(fault is not null, Html.Of($"""<p class="field-fault" id="{field}-fault" role="alert">{fault}</p>"""));

    private static Html Degrees(double value, char positive, char negative) =>
        Html.Of($"{Math.Abs(value):F3}° {(value < 0 ? negative : positive).ToString()}");

    private static string Kind(string feature) => feature switch
    {
        "PPLC" => "capital of a country",
        "PPLA" => "seat of a region",
        "PPLA2" or "PPLA3" or "PPLA4" or "PPLA5" => "seat of a district",
        "PPLX" => "section of a city",
        "PPLG" => "seat of a government",
        _ => "populated place",
    };
}
