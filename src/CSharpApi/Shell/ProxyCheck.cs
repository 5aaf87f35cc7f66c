// A proxy that no leg can reach is a mistake that can be seen at the start: the core is asked, as
// for a request, but nothing is asked of the DNS.
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>Looks at the outgoing proxy and those of the domain map.</summary>
internal static class ProxyCheck
{
    /// <exception cref="ArgumentException">No leg can reach a proxy.</exception>
    public static void Run(DispatcherOptions options, FSharpList<Core.Leg> legs)
    {
        if (options.OutgoingProxy is { } outgoing)
        {
            Check(nameof(options.OutgoingProxy), outgoing, legs);
        }

        foreach (var (pattern, proxy) in options.DomainProxies)
        {
            Check($"{nameof(options.DomainProxies)}[\"{pattern}\"]", proxy, legs);
        }
    }

    private static void Check(string name, SipUri proxy, FSharpList<Core.Leg> legs)
    {
        var rules = new Core.Rules(
            new FSharpMap<string, SipUri>([]),
            FSharpValueOption<SipUri>.ValueNone,
            0
        );
        var wishes = Core.WishesModule.none;
        var (progress, _) = Core.ResolutionModule.ofUri(rules, legs, wishes, 0, proxy);

        if (progress is Core.Progress.Failed { Item: var failure } && IsOurs(failure.Stage))
        {
            throw new ArgumentException(
                Core.Sanitizer.text($"{name} is {proxy}, which cannot be reached.")
                    + $" {failure.Detail}"
            );
        }
    }

    /// <summary>No answer of the DNS would help.</summary>
    private static bool IsOurs(ResolutionStage stage) =>
        stage is ResolutionStage.Legs or ResolutionStage.Transports or ResolutionStage.Target;
}
