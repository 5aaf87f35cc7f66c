namespace SipFun.Shell;

/// <summary>A receiver of one function.</summary>
internal sealed class FunctionReceiver(
    Func<Received, CancellationToken, ValueTask<Receipt>> receive,
    SipMethod[] allowedMethods
) : IReceiver
{
    public IReadOnlyCollection<SipMethod> AllowedMethods => allowedMethods;

    public ValueTask<Receipt> ReceiveAsync(Received received, CancellationToken cancel) =>
        receive(received, cancel);
}
