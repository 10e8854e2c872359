namespace OrleansTagCache;

/// <summary>
/// Marks an endpoint as a server action: code that changes data for a user who wants to see the change, and so may call
/// <see cref="ITagCache.UpdateTagAsync"/>. For handlers of minimal APIs, controllers and their actions, page models and their handlers.
/// </summary>
/// <remarks>
/// It needs <c>AddTagCacheServerActions</c>. Endpoints for GET and HEAD cannot be server actions: the application does not start. Requests with these methods
/// to endpoints for any method are not server actions.
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class ServerActionAttribute : Attribute;
