package dev.tethys.web;

import dev.tethys.model.access.Scope;
import dev.tethys.model.access.TenantName;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Resolves the scope of a request: the tenant that {@code X-Scope-OrgID} names, and the user that
 * authenticated. Every endpoint that reads or writes data of a tenant resolves it here, once.
 */
public final class RequestScope {
  /** Tenants of one query over logs. */
  private static final int MAX_TENANTS = 100;

  private RequestScope() {}

  /**
   * Returns the scope in one tenant; the default tenant without the header.
   *
   * @throws HttpException 400 if the name is not valid or there are several
   */
  public static Scope of(HttpRequest request) {
    Scope scope = ofSeveral(request);
    if (scope.hasSeveralTenants()) {
      throw bad(
          "multiple org IDs present: "
              + TenantName.HEADER
              + " is '"
              + request.header(TenantName.HEADER)
              + "'; name one tenant: only queries over logs take several");
    }
    return scope;
  }

  /**
   * Returns the scope in the tenants that a query over logs reads, separated by {@code |} in the
   * header. Their names are sorted and distinct.
   *
   * @throws HttpException 400 if a name is not valid or there are too many
   */
  public static Scope ofSeveral(HttpRequest request) {
    String names = request.header(TenantName.HEADER);
    String user = request.user();
    String principal = user == null ? "" : user;
    if (names == null || names.isEmpty()) {
      return Scope.of(Scope.DEFAULT_TENANT, principal);
    }
    SortedSet<String> tenants = new TreeSet<>(List.of(names.split("\\|", -1)));
    if (tenants.size() > MAX_TENANTS) {
      throw bad(
          TenantName.HEADER + " names " + tenants.size() + " tenants; the limit is " + MAX_TENANTS);
    }
    tenants.forEach(RequestScope::requireValid);
    return Scope.of(String.join(Scope.SEPARATOR, tenants), principal);
  }

  private static void requireValid(String name) {
    String problem =
        name.isEmpty() ? "empty; a tenant has 1 to 150 characters" : TenantName.problem(name);
    if (problem != null) {
      throw bad(TenantName.HEADER + " is " + problem);
    }
  }

  private static HttpException bad(String message) {
    return new HttpException(400, message);
  }
}
