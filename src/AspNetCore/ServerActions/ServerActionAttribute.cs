namespace OrleansTagCache;

/// <summary>
/// Marks an endpoint as a server action: code that changes data on behalf of somebody who wants to see it, and so may call
/// <see cref="ITagCache.UpdateTagAsync"/>. For handlers of minimal APIs, controllers and their actions, page models and their handlers.
/// </summary>
/// <remarks>
/// It needs <c>AddTagCacheServerActions</c>. Endpoints for GET and HEAD cannot be server actions: the application does not start. Requests by these methods
/// to endpoints for any method are none.
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class ServerActionAttribute : Attribute;
