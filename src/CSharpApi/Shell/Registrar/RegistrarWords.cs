// Between the registrar's facade values and the core's.
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>Options to settings, bindings to bindings. Instants are of the clock that is
/// given.</summary>
internal static class RegistrarWords
{
    public static Core.RegistrarSettings ToSettings(
        RegistrarOptions options,
        (ulong, ulong) secret
    ) =>
        new(
            domains: new FSharpSet<string>(options.Domains.Select(Host)),
            defaultExpires: Seconds(options.DefaultExpires),
            minExpires: Seconds(options.MinExpires),
            maxExpires: Seconds(options.MaxExpires),
            maxContacts: options.MaxContacts,
            maxLength: options.MaxContactLength,
            serviceRoute: Translate.ToList(options.ServiceRoute),
            takesAnyPath: options.TakeAnyPath,
            outbound: options.Outbound,
            flowTimer: Translate.ToOption(
                options.FlowTimer is { } timer ? Seconds(timer) : (uint?)null
            ),
            gruus: options.Gruus,
            secret: secret
        );

    public static FSharpList<Core.Binding> ToCore(IEnumerable<Binding> bindings, long now) =>
        Translate.ToList(bindings.Select(binding => ToCore(binding, now)));

    public static Core.Binding ToCore(Binding binding, long now) =>
        new(
            contact: binding.Contact,
            q: binding.Q,
            until: now + Clock.Milliseconds(binding.ExpiresIn),
            since: now - Clock.Milliseconds(binding.Age),
            callId: binding.CallId,
            cSeq: binding.CSeq,
            path: Translate.ToList(binding.Path),
            instance: binding.Instance is { } instance
                ? FSharpValueOption<string>.NewValueSome(instance)
                : FSharpValueOption<string>.ValueNone,
            regId: Translate.ToOption(binding.RegId),
            epoch: binding.Epoch,
            leg: binding.LegNumber,
            source: Translate.ToOption(
                binding.Source is { } hop ? Translate.ToCore(hop) : (Core.Hop?)null
            )
        );

    /// <param name="bindings">The core's.</param>
    /// <param name="now">By the clock of their instants.</param>
    /// <param name="legs">The legs by the core's numbers.</param>
    public static IReadOnlyList<Binding> ToBindings(
        IEnumerable<Core.Binding> bindings,
        long now,
        Legs legs
    ) => [.. bindings.Select(binding => ToBinding(binding, now, legs))];

    public static Binding ToBinding(Core.Binding binding, long now, Legs legs) =>
        new()
        {
            Contact = binding.Contact,
            Q = binding.Q,
            ExpiresIn = TimeSpan.FromMilliseconds(binding.Until - now),
            Age = TimeSpan.FromMilliseconds(now - binding.Since),
            CallId = binding.CallId,
            CSeq = binding.CSeq,
            Path = [.. binding.Path],
            Instance = binding.Instance.IsSome ? binding.Instance.Value : null,
            RegId = binding.RegId.IsSome ? binding.RegId.Value : null,
            Source = binding.Source.IsSome ? Translate.ToSource(binding.Source.Value) : null,
            Leg = legs.Find(binding.Leg),
            LegNumber = binding.Leg,
            Epoch = binding.Epoch,
        };

    public static (BindingChangeKind Kind, Core.Binding Binding) ToChange(
        Core.BindingChange change
    ) =>
        change switch
        {
            Core.BindingChange.Added added => (BindingChangeKind.Added, added.Item),
            Core.BindingChange.Refreshed refreshed => (BindingChangeKind.Refreshed, refreshed.Item),
            Core.BindingChange.Removed removed => (BindingChangeKind.Removed, removed.Item),
            _ => throw new System.Diagnostics.UnreachableException($"change {change.Tag}"),
        };

    /// <summary>By what a refusal is counted.</summary>
    public static Reason ToReason(Core.RegisterRefusal refusal) =>
        refusal switch
        {
            { IsFull: true } => Reason.LocationsFull,
            { IsTooManyContacts: true } => Reason.ContactsFull,
            { IsStoreFailed: true } or { IsStoreLate: true } => Reason.LocationStoreFailed,
            _ => Reason.RegisterRefused,
        };

    /// <summary>Up: a limit of less than a second is one all the same.</summary>
    private static uint Seconds(TimeSpan length) => (uint)Math.Ceiling(length.TotalSeconds);

    private static string Host(string domain) =>
        SentBy.TryHost(domain, out var host)
            ? host
            : throw new ArgumentException($"\"{domain}\" is no host.");
}
