using System.Text.Json;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Commands;
using OrleansTagCache.Cli.Completion;
using OrleansTagCache.Cli.Doctor;
using OrleansTagCache.Cli.Load;
using OrleansTagCache.Cli.Running;
using OrleansTagCache.Cli.Watch;
using Spectre.Console.Cli;

namespace OrleansTagCache.Cli;

/// <summary>The program: which commands there are, and what becomes of their faults.</summary>
internal static class OtcProgram
{
    /// <summary>Runs a command line; the result is the exit code.</summary>
    public static async Task<int> Run(string[] args, CliHost host, CancellationToken cancellationToken)
    {
        var isJson = IsJson(args);
        try
        {
            if (args is ["__complete", "--", .. var words])
            {
                Completer.Answer(Build(host), words, host);
                return ExitCode.Done;
            }

            RefuseKeys(args);
            var app = Build(host);
            return await app.RunAsync(args, cancellationToken);
        }
        catch (CliFault fault)
        {
            return Tell(fault, isJson, host);
        }
        catch (Exception exception) when (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (CommandAppException exception)
        {
            return Tell(CliFault.Usage(exception.Message.TrimEnd('.') + ".", "otc --help, or otc COMMAND --help"), isJson, host);
        }
        catch (Exception exception)
        {
            return Tell(new(ExitCode.Failed, "fault", $"This is a fault of otc; please report it: {exception}"), isJson, host);
        }
    }

    /// <summary>The commands, in the order of the help.</summary>
    public static CommandApp Build(CliHost host)
    {
        var app = new CommandApp();
        app.Configure(config =>
        {
            config.SetApplicationName("otc").SetApplicationVersion(SiloApi.Version).ConfigureConsole(host.Console).PropagateExceptions().UseStrictParsing().TrimTrailingPeriods(false);
            config.SetInterceptor(new HostGiver(host));
            AddEntries(config);
            AddTags(config);
            AddCluster(config);
            AddContexts(config);
            AddCompletion(config);
        });
        return app;
    }

    private static void AddEntries(IConfigurator config)
    {
        config.AddCommand<GetCommand>("get").WithDescription("Read the value of an entry").WithExample("get", "product:17");
        config.AddCommand<SetCommand>("set").WithDescription("Set an entry").WithExample("set", "product:17", "--file", "17.json", "--tag", "products", "--life", "hours");
        config.AddCommand<RemoveCommand>("rm").WithDescription("Remove entries");
        config.AddCommand<InfoCommand>("info").WithDescription("Show tags, life, age, state and size of an entry");
    }

    private static void AddTags(IConfigurator config)
    {
        config.AddCommand<TagCommand>("tag").WithDescription("Show what is known of a tag");
        config.AddCommand<TagsCommand>("tags").WithDescription("List the tags that entries bear");
        config.AddCommand<KeysCommand>("keys").WithDescription("List the keys of the entries that bear a tag");
        config.AddCommand<UpdateCommand>("update").WithDescription("Expire what bears a tag, in every process").WithExample("update", "products");
        config.AddCommand<RevalidateCommand>("revalidate").WithDescription("Mark what bears a tag stale").WithExample("revalidate", "products", "--profile", "max");
    }

    private static void AddCluster(IConfigurator config)
    {
        config.AddCommand<ClusterCommand>("cluster").WithDescription("Show the silos and what they hold");
        config.AddCommand<WatchCommand>("watch").WithDescription("Show what the silos do, again and again");
        config.AddCommand<DoctorCommand>("doctor").WithDescription("Look for what is wrong, and say what to do about it");
        config.AddCommand<LoadCommand>("load").WithDescription("Load the silos, and show latencies").WithExample("load", "--rate", "500", "--duration", "30s", "--updates", "1");
    }

    private static void AddContexts(IConfigurator config) => config.AddBranch("context", branch =>
    {
        branch.SetDescription("Name clusters, with the way to their keys");
        branch.AddCommand<ContextAddCommand>("add").WithDescription("Add or replace a context").WithExample("context", "add", "prod", "--url", "https://silo1.example:8443,https://silo2.example:8443", "--key-command", "pass show otc/prod");
        branch.AddCommand<ContextListCommand>("list").WithDescription("List the contexts");
        branch.AddCommand<ContextUseCommand>("use").WithDescription("Make a context the current one");
        branch.AddCommand<ContextRemoveCommand>("rm").WithDescription("Remove a context");
    });

    private static void AddCompletion(IConfigurator config) =>
        config.AddCommand<CompletionCommand>("completion").WithDescription("Print the completion script of a shell").WithExample("completion", "bash");

    /// <summary>What is on the command line can be read by every user of the machine.</summary>
    private static void RefuseKeys(string[] args)
    {
        if (args.TakeWhile(arg => arg != "--").Any(arg => arg is "--key" || arg.StartsWith("--key=", StringComparison.Ordinal)))
        {
            throw CliFault.Usage("A key does not belong on the command line, where other users of the machine can read it.", "Set the variable OTC_KEY, or name a file (--key-file) or a command that prints the key (--key-command). If it was a key that is in use: end it, and create another.");
        }
    }

    private static bool IsJson(string[] args) => args.Contains("--output=json", StringComparer.Ordinal) || args.Contains("-ojson", StringComparer.Ordinal)
        || args.Zip(args.Skip(1)).Any(pair => pair is ("-o" or "--output", "json"));

    private static int Tell(CliFault fault, bool isJson, CliHost host)
    {
        if (isJson)
        {
            host.Error.WriteLine(JsonSerializer.Serialize(new { error = new { code = fault.Code, message = fault.Message, advice = fault.Advice, exitCode = fault.ExitCode } }, Writer.Json));
        }
        else
        {
            host.Error.WriteLine(Writer.Plain($"otc: {fault.Message}"));
            if (fault.Advice is { } advice)
            {
                host.Error.WriteLine(Writer.Plain($"     {advice}"));
            }
        }

        return fault.ExitCode;
    }

    private sealed class HostGiver(CliHost host) : ICommandInterceptor
    {
        public void Intercept(CommandContext context, CommandSettings settings)
        {
            if (settings is OutputSettings output)
            {
                output.Host = host;
            }
        }
    }
}
