using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Contexts;
using OrleansTagCache.Cli.Running;
using Spectre.Console;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli.Commands;

/// <summary>A command that calls silos.</summary>
internal abstract class ApiCommand<TSettings> : AsyncCommand<TSettings>
    where TSettings : ConnectionSettings
{
    public sealed override async Task<int> ExecuteAsync(CommandContext context, TSettings settings, CancellationToken cancellationToken)
    {
        var writer = settings.Writer();
        var patience = settings.Patience();
        Check(settings);
        using var api = new SiloApi(await Target.Find(settings, cancellationToken), settings.Host, patience);
        return await Run(api, settings, writer, cancellationToken);
    }

    /// <summary>Looks at what is typed before a silo is called.</summary>
    /// <exception cref="CliFault">It is wrong.</exception>
    protected virtual void Check(TSettings settings)
    {
    }

    protected abstract Task<int> Run(SiloApi api, TSettings settings, Writer writer, CancellationToken cancellationToken);

    /// <summary>Lets a person confirm what cannot be taken back.</summary>
    /// <exception cref="CliFault">It is not confirmed.</exception>
    protected static void MustConfirm(TSettings settings, bool yes, string question, string what)
    {
        if (yes)
        {
            return;
        }

        if (!settings.Host.IsInteractive)
        {
            throw CliFault.Usage($"{what} needs --yes where no one can be asked.");
        }

        if (!settings.Host.Console.Confirm(Markup.Escape(question), defaultValue: false))
        {
            throw new CliFault(ExitCode.Interrupted, "not_confirmed", "Nothing was done.");
        }
    }
}
