namespace SipFun.Shell;

/// <summary>Hears, inside the turn, what a resolution found.</summary>
internal interface IFoundListener
{
    void Found(Core.Found found);
}
