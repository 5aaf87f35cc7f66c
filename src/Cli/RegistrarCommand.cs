using System.CommandLine;
using System.Globalization;

namespace SipFun.Cli;

/// <summary><c>sipfun registrar</c>: registers whom it is asked to, until it is stopped.</summary>
internal sealed class RegistrarCommand : Command
{
    private const int DefaultPort = 5060;
    private const int Hour = 3_600;

    private readonly Screen _screen;
    private readonly NetworkOptions _network;
    private readonly UsersOptions _users;

    private readonly Option<string[]> _domains = new("--domain")
    {
        Description = "Register users of this domain, a name or a numeric address; may be repeated",
        HelpName = "NAME",
        Required = true,
    };

    private readonly Option<int?> _minExpires = new("--min-expires")
    {
        Description = "Refuse bindings shorter than so many seconds with 423 [default: 60]",
        HelpName = "S",
        CustomParser = Values.Number(1, Hour),
    };

    private readonly Option<int?> _maxExpires = new("--max-expires")
    {
        Description = "Shorten bindings to so many seconds [default: 3600]",
        HelpName = "S",
        CustomParser = Values.Number(1, int.MaxValue),
    };

    public RegistrarCommand(Screen screen)
        : base("registrar", "Keeps where users can be reached; listens on port 5060 unless told.")
    {
        _screen = screen;
        Options.Add(_domains);
        Options.Add(_minExpires);
        Options.Add(_maxExpires);
        _users = new UsersOptions(this);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var registrar = Create(parsed);
        var authenticator = _users.Authenticator(
            parsed,
            registrar.Options.Domains.First(),
            isProxy: false
        );
        await using var dispatcher = await _network.StartAsync(parsed, DefaultPort, null, cancel);
        Listening.ThrowIfDeaf(dispatcher);
        dispatcher.SetReceiver(
            authenticator is null ? registrar : Receiver.Chain(authenticator, registrar)
        );
        Listening.Announce(dispatcher, _screen);
        await Listening.UntilDrainedAsync(dispatcher, _screen, cancel);
        return ExitCode.Success;
    }

    private Registrar Create(ParseResult parsed)
    {
        var least = TimeSpan.FromSeconds(parsed.GetValue(_minExpires) ?? 60);
        var most = TimeSpan.FromSeconds(parsed.GetValue(_maxExpires) ?? Hour);

        try
        {
            return new Registrar(
                new()
                {
                    Domains = parsed.GetValue(_domains) ?? [],
                    MinExpires = least,
                    MaxExpires = most,
                    DefaultExpires =
                        TimeSpan.FromSeconds(Hour) > most ? most : TimeSpan.FromSeconds(Hour),
                    OnChange = Show,
                }
            );
        }
        catch (ArgumentException wrong)
        {
            throw Failure.Usage(wrong.Message);
        }
    }

    private void Show(BindingChange change)
    {
        var binding = change.Binding;
        var what = change.Kind.ToString().ToLowerInvariant();
        var line = $"{change.Address} {what} {binding.Uri}";

        if (change.Kind is BindingChangeKind.Added or BindingChangeKind.Refreshed)
        {
            var seconds = Math.Round(binding.ExpiresIn.TotalSeconds);
            line += string.Create(
                CultureInfo.InvariantCulture,
                $" for {seconds} s, from {binding.Source}"
            );
        }

        _screen.Line(line);
    }
}
