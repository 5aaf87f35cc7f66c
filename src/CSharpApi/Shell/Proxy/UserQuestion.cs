using Microsoft.FSharp.Collections;

namespace SipFun.Shell;

/// <summary>A request that waits for its user's bindings.</summary>
internal sealed class UserQuestion(ProxyMachine machine, Core.Passage passage)
{
    public SipUri Uri => passage.Uri;

    /// <summary>Inside the turn.</summary>
    public void Answer(FSharpList<Core.UserTarget> targets) => machine.Located(passage, targets);

    /// <summary>Inside the turn.</summary>
    public void Fail(int status) => machine.Unlocated(passage, status);
}
