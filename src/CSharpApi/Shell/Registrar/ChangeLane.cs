namespace SipFun.Shell;

/// <summary>What the user hears of bindings: one at a time, in order.</summary>
internal sealed class ChangeLane(UserCode code, Action<BindingChange> hear) : CallbackLane(code)
{
    public void Tell(BindingChange change) => Tell(change, Code.CallbackQueue);

    protected override void Call(object what) => hear((BindingChange)what);
}
