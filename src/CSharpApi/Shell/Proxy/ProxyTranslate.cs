// Between the words of the proxy's face and its core's.
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>Facade values to core values.</summary>
internal static class ProxyTranslate
{
    public static Core.ProxySettings ToSettings(StatelessProxyOptions options, Draws draws)
    {
        var (first, second) = options.Key() ?? (draws.Next(), draws.Next());
        return new Core.ProxySettings(
            (first, second),
            (uint)draws.Next(),
            ToSet(options.Domains),
            ToSet(options.Aliases),
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

    public static FSharpList<Core.UserTarget> ToTargets(IReadOnlyList<Binding> bindings)
    {
        var targets = FSharpList<Core.UserTarget>.Empty;

        for (var index = bindings.Count - 1; index >= 0; index--)
        {
            targets = FSharpList<Core.UserTarget>.Cons(ToTarget(bindings[index]), targets);
        }

        return targets;
    }

    private static Core.UserTarget ToTarget(Binding binding) =>
        new(
            binding.Uri,
            Translate.ToList(binding.Path),
            (int)(binding.Q * 1000),
            binding.Source is { } source
                ? FSharpValueOption<Core.Hop>.NewValueSome(Translate.ToCore(source))
                : FSharpValueOption<Core.Hop>.ValueNone,
            binding.LegNumber,
            binding.RegId is not null
        );

    private static FSharpSet<string> ToSet(IEnumerable<string> names) =>
        SetModule.OfSeq(names.Select(Core.QuestionModule.normal));
}
