// Between the words of the proxy's face and its core's.
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>Facade values to core values.</summary>
internal static class ProxyTranslate
{
    public static Core.ProxySettings ToSettings(StatelessProxyOptions options, Engine engine)
    {
        var (first, second) = options.Key() ?? (engine.Draws.Next(), engine.Draws.Next());
        return new Core.ProxySettings(
            (first, second),
            engine.Epoch,
            SetModule.OfSeq(options.Domains.Select(Domain)),
            SetModule.OfSeq(options.Aliases.Select(Core.QuestionModule.normal)),
            options.RecordRoute,
            options.RewriteContact,
            options.AllowForeign,
            options.AllowMulticast
        );
    }

    /// <summary>The same for somebody who has proved who he is.</summary>
    public static Core.ProxySettings ForUsers(Core.ProxySettings own) =>
        new(
            own.Secret,
            own.Epoch,
            own.Domains,
            own.Aliases,
            own.RecordRoute,
            own.RewriteContact,
            true,
            own.AllowMulticast
        );

    /// <summary>What a store has answered, read here once and for all.</summary>
    /// <exception cref="InvalidOperationException">It makes no sense.</exception>
    public static FSharpList<Core.UserTarget> ToTargets(IReadOnlyList<Binding> bindings) =>
        bindings is null
            ? throw Senseless("null instead of a list")
            : ListModule.OfSeq(bindings.Select(ToTarget));

    private static Core.UserTarget ToTarget(Binding binding) =>
        binding is null ? throw Senseless("a binding that is null")
        : binding.Contact is null ? throw Senseless("a binding without a Contact")
        : binding.Q is < 0 or > 1 ? throw Senseless($"a binding with q {binding.Q}")
        : binding.Path?.Any(hop => hop is null) == true
            ? throw Senseless("a binding with a Path of which a hop is null")
        : new(
            binding.Uri,
            Translate.ToList(binding.Path),
            (int)(binding.Q * 1000),
            binding.Epoch,
            binding.Source is { } source
                ? FSharpValueOption<Core.Hop>.NewValueSome(Translate.ToCore(source))
                : FSharpValueOption<Core.Hop>.ValueNone,
            binding.LegNumber,
            binding.RegId is not null
        );

    private static InvalidOperationException Senseless(string what) =>
        new($"The location store gave {what}.");

    /// <summary>A host of ours in the spelling of the core.</summary>
    public static string Domain(string domain) =>
        SentBy.TryHost(domain, out var host)
            ? Core.Ours.canonical(host)
            : throw new ArgumentException($"\"{domain}\" is no host.");
}
