package dev.tethys.api.prometheus;

import dev.tethys.model.storage.ReadingTenant;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.RequestScope;

/** Requests that read metrics in the name of the tenant of {@code X-Scope-OrgID}. */
public final class TenantRequests {
  private TenantRequests() {}

  /** A handler that reads in the name of the tenant; 400 for a name that is not valid. */
  public static HttpHandler reading(HttpHandler handler) {
    return (request, response) -> {
      String tenant;
      try {
        tenant = RequestScope.of(request).tenant();
      } catch (HttpException e) {
        response.status(e.status()).send(e.getMessage() + "\n");
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
}
