package dev.tethys.api.loki;

import dev.tethys.model.logs.LogStore;
import dev.tethys.model.logs.LogTenants;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Reader of {@code X-Scope-OrgID}, which names the tenant of a request. */
public final class TenantHeader {
  /** Tenants of one query. */
  private static final int MAX_TENANTS = 100;

  private TenantHeader() {}

  /**
   * Tenant of a request that changes something; it must name one.
   *
   * @throws HttpException 400 if the header is not valid or names several
   */
  public static String one(HttpRequest request) {
    SortedSet<String> ids = several(request);
    if (ids.size() > 1) {
      throw LokiParameters.bad(
          "multiple org IDs present: X-Scope-OrgID is '"
              + request.header(LogTenants.HEADER)
              + "'; only queries take several tenants");
    }
    return ids.first();
  }

  /** Tenants of a query, separated by {@code |} in the header. */
  static SortedSet<String> several(HttpRequest request) {
    String header = request.header(LogTenants.HEADER);
    if (header == null || header.isEmpty()) {
      return new TreeSet<>(List.of(LogStore.DEFAULT_TENANT));
    }
    SortedSet<String> ids = new TreeSet<>(List.of(header.split("\\|", -1)));
    if (ids.size() > MAX_TENANTS) {
      throw LokiParameters.bad(
          "X-Scope-OrgID names " + ids.size() + " tenants; the limit is " + MAX_TENANTS);
    }
    ids.forEach(TenantHeader::check);
    return ids;
  }

  private static void check(String id) {
    String problem =
        id.isEmpty() ? "empty; a tenant has 1 to 150 characters" : LogTenants.problem(id);
    if (problem != null) {
      throw LokiParameters.bad(LogTenants.HEADER + " is " + problem);
    }
  }
}
