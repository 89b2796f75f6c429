namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>One thing that can be asked how it is, without changing it.</summary>
/// <param name="Name">What is asked: a component, page, container, log or repository; for the host what of it.</param>
/// <param name="Kind">Kind of its first check, and of the only one when it does not answer.</param>
/// <param name="AskAsync">Asks. An exception is a failed check.</param>
/// <param name="Finds">True when what it finds has names of its own, which nobody knows before.</param>
/// <param name="Answers">True when its check of the same name says whether something answers at all: that is what availability is counted from.</param>
internal sealed record HealthProbe(string Name, HealthKind Kind, Func<CancellationToken, Task<IReadOnlyList<HealthCheck>>> AskAsync, bool Finds = false, bool Answers = false);
