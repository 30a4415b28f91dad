package dev.tethys.api.prometheus;

import dev.tethys.model.logs.LogTenants;
import dev.tethys.model.storage.ReadingTenant;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;

/** Requests that read metrics in the name of the tenant of {@code X-Scope-OrgID}. */
public final class TenantRequests {
  private TenantRequests() {}

  /** A handler that reads in the name of the tenant; 400 for a name that is not valid. */
  public static HttpHandler reading(HttpHandler handler) {
    return (request, response) -> {
      String tenant;
      try {
        tenant = tenant(request);
      } catch (IllegalArgumentException e) {
        response.status(400).send(e.getMessage() + "\n");
        return;
      }
      ReadingTenant.call(
          tenant,
          () -> {
            handler.handle(request, response);
            return null;
          });
    };
  }

  /**
   * Tenant of a request.
   *
   * @throws IllegalArgumentException if the name is not valid
   */
  static String tenant(HttpRequest request) {
    return LogTenants.ofHeader(request.header(LogTenants.HEADER));
  }
}
