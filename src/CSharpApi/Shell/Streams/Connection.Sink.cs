// What comes out of a connection's pipe.
namespace SipFun.Shell;

internal sealed partial class Connection : IPipeSink
{
    void IPipeSink.Message(SipMessage message)
    {
        _pace.Complete();
        _vigil.Heard(_link.Now);

        if (Volatile.Read(ref _ending) is null)
        {
            _link.Owner.Received(_hop, message);
        }
    }

    void IPipeSink.Malformed(ReadOnlyMemory<byte> octets, ParseError error)
    {
        _pace.Complete();
        _link.Owner.Malformed(_hop, octets, error);
    }

    void IPipeSink.Ping()
    {
        _link.Owner.Dropped(Reason.KeepAlive);
        _outbox?.Pong();
    }

    void IPipeSink.Pong() => _vigil.Ponged();

    void IPipeSink.Progress(int waiting, bool headersComplete)
    {
        var now = _link.Now;
        _vigil.Heard(now);
        _pace.Progress(now, waiting, headersComplete);
    }
}
