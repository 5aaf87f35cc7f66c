using System.Diagnostics;
using Microsoft.FSharp.Core;
using SipFun.Shell;

namespace SipFun.Stepping;

/// <summary>The facade's inputs in the core's words.</summary>
internal static class StepInputs
{
    public static Core.Input ToCore(StepInput input) =>
        input switch
        {
            StepInput.Deliver one => Core.Input.NewDeliver(ToOrder(one)),
            StepInput.CancelDelivery(var number) => Cancel(Core.Which.NewByNumber(number)),
            StepInput.CancelCall(var callId) => Cancel(Core.Which.NewByCallId(callId)),
            StepInput.AddLeg one => Core.Input.NewAddLeg(ToLeg(one)),
            StepInput.RemoveLeg(var number) => Core.Input.NewRemoveLeg(number),
            StepInput.SetReceiver one => Core.Input.NewSetReceiver(ToReceiver(one)),
            StepInput.RemoveReceiver => Core.Input.NewSetReceiver(
                FSharpValueOption<Core.Receiver>.ValueNone
            ),
            StepInput.ResolveUri(var number, var uri) => Core.Input.NewResolveUri(
                number,
                uri,
                Core.WishesModule.none
            ),
            StepInput.ClearMarks one => Core.Input.NewClearMarks(
                Translate.ToOption(one.Hop is { } hop ? ToCore(hop) : (Core.Hop?)null)
            ),
            StepInput.AddTimer(var number, var due, var repeat) => Core.Input.NewAddTimer(
                number,
                Clock.Milliseconds(due),
                Translate.ToDuration(repeat)
            ),
            StepInput.CancelTimer(var number) => Core.Input.NewCancelTimer(number),
            StepInput.Close => Core.Input.Close,
            StepInput.Drain => Core.Input.Drain,
            _ => News(input),
        };

    private static Core.Input News(StepInput input) =>
        input switch
        {
            StepInput.Received(var number, var leg, var source, var message) =>
                Core.Input.NewReceived(number, leg, ToCore(source), message),
            StepInput.Unparsed(var leg, var source, var packet, var status) =>
                Core.Input.NewUnparsed(leg, ToCore(source), packet, status),
            StepInput.Receipted(var number, var receipt) => Core.Input.NewReceipted(
                number,
                receipt
            ),
            StepInput.Overflowed(var number) => Core.Input.NewOverflowed(number),
            StepInput.Answered(var question, var answer) => Core.Input.NewAnswered(
                Core.QuestionModule.create(question.Name, question.Type),
                DnsMapping.ToAnswer(answer)
            ),
            StepInput.SourceChosen(var destination, var source) => Core.Input.NewSourceChosen(
                Core.AddressModule.ofIPAddress(destination),
                Translate.ToAddress(source)
            ),
            StepInput.Transmitted(var number) => Core.Input.NewTransmitted(number),
            StepInput.Failed(var number, var hop, var fault, var detail) => Core.Input.NewFailed(
                number,
                ToCore(hop),
                fault,
                detail
            ),
            StepInput.Bounced(var branch, var fault, var detail) => Core.Input.NewBounced(
                branch,
                fault,
                detail
            ),
            StepInput.PathMtuLearnt(var branch, var mtu) => Core.Input.NewPathMtuLearnt(
                branch,
                mtu
            ),
            StepInput.Tick => Core.Input.Tick,
            _ => Flows(input),
        };

    private static Core.Input Flows(StepInput input) =>
        input switch
        {
            StepInput.FlowAccepted(var leg, var source, var names) => Core.Input.NewFlowAccepted(
                leg,
                ToCore(source),
                Translate.ToList(names)
            ),
            StepInput.FlowOpened(var flow) => Core.Input.NewFlowOpened(flow),
            StepInput.FlowClosed(var flow, var fault, var detail) => Core.Input.NewFlowClosed(
                flow,
                fault,
                detail
            ),
            StepInput.FlowIdle(var flow) => Core.Input.NewFlowIdle(flow),
            StepInput.FlowExpired(var flow) => Core.Input.NewFlowExpired(flow),
            _ => throw new UnreachableException(input.GetType().Name),
        };

    private static Core.Input Cancel(Core.Which which) => Core.Input.NewCancelDelivery(which);

    private static Core.Hop ToCore(Hop hop)
    {
        hop.Validate(nameof(hop));
        return Translate.ToCore(hop);
    }

    private static Core.Order ToOrder(StepInput.Deliver one) =>
        new(
            number: one.Number,
            token: one.Token,
            message: one.Message,
            name: Translate.ToOption(one.Id is { } id ? Translate.ToName(id) : (Core.Name?)null),
            callId: one.CallId ?? one.Message.CallId,
            legs: Translate.ToList(one.Legs),
            destination: Translate.ToOption(
                one.Destination is { } hop ? ToCore(hop) : (Core.Hop?)null
            ),
            flow: one.Flow,
            retransmit: one.Retransmit,
            transports: Translate.ToList(one.Transports),
            answerWithin: Translate.ToDuration(one.AnswerWithin),
            tryNextAfter: Translate.ToDuration(one.TryNextAfter),
            tellSent: true
        );

    private static Core.Leg ToLeg(StepInput.AddLeg one) =>
        new(
            one.Number,
            one.Transport,
            Core.AddressModule.ofIPAddress(one.Address),
            one.Port,
            Shell.SentBy.IsValid(one.SentBy)
                ? one.SentBy
                : throw new ArgumentException("SentBy is a host or host:port (RFC 3261, 20.42)."),
            Translate.ToNetworks(one.Networks),
            one.PathMtu ?? 0
        );

    private static FSharpValueOption<Core.Receiver> ToReceiver(StepInput.SetReceiver one) =>
        FSharpValueOption<Core.Receiver>.NewValueSome(
            new Core.Receiver(
                Translate.ToList(one.AllowedMethods),
                one.ForwardsResponses,
                keepsNothing: false
            )
        );
}
